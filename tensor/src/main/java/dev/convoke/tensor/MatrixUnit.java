package dev.convoke.tensor;

import java.util.Optional;

/** The part of a processor that multiplies matrices rather than vectors, as far as it gives the canonical bits. */
public interface MatrixUnit {
    /** None at all. */
    MatrixUnit NONE = new MatrixUnit() { };

    /** Of rows and weights in bf16; the sums are canonical dot products, f32. */
    default Optional<PanelProduct> bf16() {
        return Optional.empty();
    }

    /** Of unsigned 8-bit rows and signed 8-bit weights; the sums are exact 32-bit integers. */
    default Optional<PanelProduct> int8() {
        return Optional.empty();
    }
}
