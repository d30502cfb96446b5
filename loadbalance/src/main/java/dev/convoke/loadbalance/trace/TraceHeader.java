package dev.convoke.loadbalance.trace;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.core.NumericsId;
import java.nio.charset.StandardCharsets;

/**
 * What a routing trace begins with: whose routes they are, and how much it may hold.
 *
 * @param model       name of the model, for people
 * @param fingerprint of the checkpoint
 * @param numerics    the set of bits the routes were computed in
 * @param operandType the operand type they were computed in, f32 or bf16
 * @param layers      decoder layers
 * @param experts     logical experts of a layer
 * @param topK        choices of a row
 * @param mostRows    the most rows of a step
 * @param mostBytes   the most bytes of the whole trace
 */
public record TraceHeader(String model, ModelFingerprint fingerprint, NumericsId numerics, DType operandType,
    int layers, int experts, int topK, int mostRows, long mostBytes) {

    /** Rejects what the format cannot hold. */
    public TraceHeader {
        requireRange("layers", layers, TraceLimits.MOST_LAYERS);
        requireRange("experts", experts, TraceLimits.MOST_EXPERTS);
        requireRange("top-k", topK, Math.min(experts, TraceLimits.MOST_TOP_K));
        requireRange("rows of a step", mostRows, TraceLimits.MOST_ROWS);
        requireRange("entries of a step", (long)layers * mostRows * topK, TraceLimits.MOST_ENTRIES);
        requireRange("bytes", mostBytes, TraceLimits.MOST_BYTES);
        if (operandType != DType.F32 && operandType != DType.BF16) {
            throw new ConfigurationException("A routing trace cannot be of operand type " + operandType
                + "; f32 and bf16 are known.");
        }
        if (numerics.value() < 0 || numerics.value() > TraceFormat.MOST_NUMERICS) {
            throw new ConfigurationException("A routing trace cannot name the numerics " + numerics.value()
                + "; 0 to " + TraceFormat.MOST_NUMERICS + " can be told.");
        }
        if (!TraceLimits.isPrintable(model)
            || model.getBytes(StandardCharsets.UTF_8).length > TraceLimits.MOST_NAME_BYTES) {
            throw new ConfigurationException("A routing trace cannot tell the model's name: it has more than "
                + TraceLimits.MOST_NAME_BYTES + " bytes or characters that cannot be printed; rename the directory.");
        }
    }

    private static void requireRange(final String what, final long value, final long most) {
        if (value < 1 || value > most) {
            throw new ConfigurationException("A routing trace cannot have " + value + " " + what + "; 1 to " + most
                + " are possible.");
        }
    }

    /** Whether routes of both are of one model, so that they can be added up. */
    public boolean isOfSameModel(final TraceHeader other) {
        return fingerprint.equals(other.fingerprint) && layers == other.layers && experts == other.experts
            && topK == other.topK;
    }
}
