package dev.convoke.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Cosines and sines of rotary embedding by position, f32: {@code [positions][half]} each. Computed with
 * {@link StrictMath}, so the bits are the same on every machine.
 */
public final class RotaryTable {
    private final MemorySegment cosines;
    private final MemorySegment sines;
    private final int positions;
    private final int half;

    /**
     * Fills the table.
     *
     * @param inverseFrequencies [half] radians per position
     */
    public RotaryTable(final Arena arena, final int positions, final float[] inverseFrequencies) {
        this.positions = positions;
        this.half = inverseFrequencies.length;
        this.cosines = arena.allocate((long)positions * half * Float.BYTES, 64);
        this.sines = arena.allocate((long)positions * half * Float.BYTES, 64);
        for (int position = 0; position < positions; position++) {
            for (int i = 0; i < half; i++) {
                final float angle = position * inverseFrequencies[i];
                final long index = (long)position * half + i;
                cosines.setAtIndex(ValueLayout.JAVA_FLOAT, index, (float)StrictMath.cos(angle));
                sines.setAtIndex(ValueLayout.JAVA_FLOAT, index, (float)StrictMath.sin(angle));
            }
        }
    }

    /** {@code theta^(-2i / headDim)} for i below half the head dimension, rounded to f32. */
    public static float[] defaultFrequencies(final int headDim, final double theta) {
        final float[] frequencies = new float[headDim / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = 1.0f / (float)StrictMath.pow(theta, (float)(2 * i) / headDim);
        }
        return frequencies;
    }

    /** [positions][half]. */
    public MemorySegment cosines() {
        return cosines;
    }

    /** [positions][half]. */
    public MemorySegment sines() {
        return sines;
    }

    /** Half the head dimension. */
    public int half() {
        return half;
    }

    /** Positions the table covers. */
    public int positions() {
        return positions;
    }
}
