package dev.convoke.experthost;

import java.util.SplittableRandom;

/**
 * One row of a dispatch.
 *
 * @param row     number within the exchange
 * @param values  already rounded to the operand type
 * @param experts wanted by slot
 * @param scale   for every slot; NaN means none
 */
record WireRow(int row, float[] values, int[] experts, float scale) {
    WireRow(final int row, final float[] values, final int... experts) {
        this(row, values, experts, Float.NaN);
    }

    static float[] randomValues(final SplittableRandom random, final int columns) {
        final float[] values = new float[columns];
        for (int i = 0; i < columns; i++) {
            values[i] = (float)random.nextDouble(-2, 2);
        }
        return values;
    }
}
