package dev.convoke.server;

import dev.convoke.core.NumericsId;
import dev.convoke.core.Precision;
import dev.convoke.routing.RoutedModel;
import java.util.Locale;

/**
 * What all processes of a deployment must agree on, as text.
 *
 * @param fingerprint of the checkpoint
 * @param numerics    set of bits
 * @param dtype       operand type
 */
public record ModelIdentity(String fingerprint, String numerics, String dtype) {
    /** Of a model that is served. */
    public static ModelIdentity of(final RoutedModel model) {
        return new ModelIdentity(model.fingerprint().toString(), model.numerics().toString(),
            model.operandType().name().toLowerCase(Locale.ROOT));
    }

    /** What a process that takes part computes in. */
    public Precision precision() {
        return numerics.equals(NumericsId.INT8_1.toString()) ? Precision.INT8 : Precision.named(dtype);
    }

    /** Whether it is of the same model and rows as another, whatever bits come of them. */
    public boolean isOfSameRows(final ModelIdentity other) {
        return fingerprint.equals(other.fingerprint) && dtype.equals(other.dtype);
    }

    /** For sentences. */
    @Override
    public String toString() {
        return fingerprint + " in " + dtype + ", " + numerics;
    }
}
