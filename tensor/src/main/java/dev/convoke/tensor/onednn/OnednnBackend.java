package dev.convoke.tensor.onednn;

import dev.convoke.core.DType;
import dev.convoke.core.Precision;
import dev.convoke.tensor.ForwardingBackend;
import dev.convoke.tensor.Int8Products;
import dev.convoke.tensor.KernelBackend;
import java.util.Optional;

/**
 * The canonical bits with products of many rows on the CPU's matrix unit, through oneDNN: bf16 where there is AMX,
 * 8-bit integers where there is any instruction for them. All else is done by the backend that lays out the weights.
 */
public final class OnednnBackend extends ForwardingBackend {
    static final String NAME = "onednn";
    private static final int PREFERENCE = 150;

    @Override
    protected KernelBackend backend() {
        return Composed.BACKEND;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int preference() {
        return PREFERENCE;
    }

    /** Asked without a precision, it is enough to have one. */
    @Override
    public String unsupportedReason() {
        final String bf16 = unit().objection(PanelType.BF16);
        final String int8 = unit().objection(PanelType.INT8);
        return bf16.isEmpty() || int8.isEmpty() ? "" : bf16.equals(int8) ? bf16 : bf16 + ", and " + int8;
    }

    @Override
    public String unsupportedReason(final Precision precision) {
        return switch (precision) {
            case F32 -> "it does not compute in f32";
            case BF16 -> unit().objection(PanelType.BF16);
            case INT8 -> unit().objection(PanelType.INT8);
        };
    }

    @Override
    public String description() {
        return "oneDNN " + Dnnl.VERSION + ", " + unit().description() + ", fewer rows by " + backend().description();
    }

    @Override
    public boolean takes(final DType operand) {
        return unsupportedReason(Precision.of(operand)).isEmpty();
    }

    @Override
    public Optional<Int8Products> int8Products() {
        return unsupportedReason(Precision.INT8).isEmpty() ? super.int8Products() : Optional.empty();
    }

    private static OnednnUnit unit() {
        return Unit.HERE;
    }

    /** What is found out about this machine, once, as far as it is asked for. */
    private static final class Unit {
        static final OnednnUnit HERE = new OnednnUnit();
    }

    /** What computes with it, once it is known to work. */
    private static final class Composed {
        static final KernelBackend BACKEND = OnednnUnit.backendWith(Unit.HERE);
    }
}
