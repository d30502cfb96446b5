package dev.convoke.loadbalance.balanced;

import java.util.Arrays;

/** The changes that a {@link SearchState} has made, and what it needs to take them back exactly. */
final class Journal {
    private static final int WIDTH = 3;

    private int[] operations = new int[8 * WIDTH];
    private int size;
    private int[] cells = new int[64];
    private double[] times = new double[64];
    private int cellCount;
    private int[] layers = new int[4];
    private double[] values = new double[4];
    private int layerCount;

    void clear() {
        size = 0;
        cellCount = 0;
        layerCount = 0;
    }

    /** A replica was added or removed. */
    void operation(final int expert, final int host, final boolean adding) {
        if (WIDTH * size == operations.length) {
            operations = Arrays.copyOf(operations, 2 * operations.length);
        }
        operations[WIDTH * size] = expert;
        operations[WIDTH * size + 1] = host;
        operations[WIDTH * size + 2] = adding ? 1 : 0;
        size++;
    }

    /** A time is about to change. */
    void time(final int cell, final double before) {
        if (cellCount == cells.length) {
            cells = Arrays.copyOf(cells, 2 * cellCount);
            times = Arrays.copyOf(times, 2 * cellCount);
        }
        cells[cellCount] = cell;
        times[cellCount++] = before;
    }

    /** Times of a layer are about to change. */
    void touch(final int layer, final double valueBefore) {
        for (int i = layerCount - 1; i >= 0; i--) {
            if (layers[i] == layer) {
                return;
            }
        }
        if (layerCount == layers.length) {
            layers = Arrays.copyOf(layers, 2 * layerCount);
            values = Arrays.copyOf(values, 2 * layerCount);
        }
        layers[layerCount] = layer;
        values[layerCount++] = valueBefore;
    }

    /** Brings times and the values of layers back to what they were. */
    void restore(final double[] timeOfCell, final double[] valueOfLayer) {
        for (int i = cellCount - 1; i >= 0; i--) {
            timeOfCell[cells[i]] = times[i];
        }
        for (int i = 0; i < layerCount; i++) {
            valueOfLayer[layers[i]] = values[i];
        }
    }

    int operations() {
        return size;
    }

    int expert(final int operation) {
        return operations[WIDTH * operation];
    }

    int host(final int operation) {
        return operations[WIDTH * operation + 1];
    }

    boolean isAddition(final int operation) {
        return operations[WIDTH * operation + 2] == 1;
    }

    /** Layers whose times have changed. */
    int touched() {
        return layerCount;
    }

    int layer(final int index) {
        return layers[index];
    }

    /** What the layer was worth before. */
    double value(final int index) {
        return values[index];
    }

    /** All operations in the order they were made. */
    int[] copy() {
        return Arrays.copyOf(operations, WIDTH * size);
    }

    /** Takes back a journal's {@link #copy}, or makes it again, as changes of a state that has begun one. */
    static void replay(final int[] copy, final boolean backwards, final SearchState state) {
        final int count = copy.length / WIDTH;
        for (int i = 0; i < count; i++) {
            final int at = WIDTH * (backwards ? count - 1 - i : i);
            final boolean adding = copy[at + 2] == 1;
            if (adding == backwards) {
                state.remove(copy[at], copy[at + 1]);
            } else {
                state.add(copy[at], copy[at + 1]);
            }
        }
    }
}
