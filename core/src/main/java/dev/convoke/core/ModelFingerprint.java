package dev.convoke.core;

import java.util.HexFormat;

/**
 * Tells one model from another: a digest of its configuration, its tensor table and sampled bytes of each tensor.
 * Decoders and expert hosts exchange rows only when theirs are equal.
 */
public record ModelFingerprint(long value) {
    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(value);
    }
}
