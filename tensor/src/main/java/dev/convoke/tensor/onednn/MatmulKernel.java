package dev.convoke.tensor.onednn;

import dev.convoke.tensor.PanelProduct;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Code for so many rows of so many words times a panel. For any thread, and for as long as the process lives. */
final class MatmulKernel {
    private static final int ARGUMENTS = 4;
    private static final int ARGUMENT_BYTES = 16;

    private final int rows;
    private final long source;
    private final long panel;
    private final long sums;
    private final long product;
    private final long primitive;

    MatmulKernel(final PanelType type, final int rows, final int words) {
        this.rows = rows;
        final PanelType.Formats formats = type.formats();
        final long inputs = (long)words * type.wordElements();
        Dnnl.useOneThread();
        source = Dnnl.matrix(rows, inputs, formats.rows());
        panel = Dnnl.matrix(inputs, PanelProduct.OUTPUTS, formats.panel(), formats.layout());
        sums = Dnnl.matrix(rows, PanelProduct.OUTPUTS, formats.sums());
        product = Dnnl.product(source, panel, sums);
        primitive = Dnnl.primitive(product);
    }

    /** What oneDNN computes it with. */
    String implementation() {
        return Dnnl.implementation(product);
    }

    int rows() {
        return rows;
    }

    /** The code and one thread's arguments to it. */
    Call newCall() {
        return new Call(Arena.ofAuto());
    }

    /** A thread's own; what it holds of oneDNN goes when it does. */
    final class Call {
        private final MemorySegment arguments;
        private final long sourceMemory;
        private final long panelMemory;
        private final long sumsMemory;

        private Call(final Arena arena) {
            arguments = arena.allocate(ARGUMENTS * ARGUMENT_BYTES, ARGUMENT_BYTES);
            final long scratchpad = Dnnl.scratchpad(product);
            final MemorySegment scratch = arena.allocate(Math.max(1, Dnnl.bytes(scratchpad)), 64);
            sourceMemory = memory(arena, 0, Dnnl.SOURCE, source, 0);
            panelMemory = memory(arena, 1, Dnnl.WEIGHTS, panel, 0);
            sumsMemory = memory(arena, 2, Dnnl.DESTINATION, sums, 0);
            memory(arena, 3, Dnnl.SCRATCHPAD, scratchpad, scratch.address());
        }

        @SuppressWarnings("restricted")
        private long memory(final Arena arena, final int index, final int role, final long matrix,
            final long address) {
            final long memory = Dnnl.memory(matrix, address);
            MemorySegment.ofAddress(memory).reinterpret(arena, gone -> Dnnl.destroyMemory(gone.address()));
            arguments.set(ValueLayout.JAVA_INT, (long)index * ARGUMENT_BYTES, role);
            arguments.set(ValueLayout.JAVA_LONG, (long)index * ARGUMENT_BYTES + Long.BYTES, memory);
            return memory;
        }

        int rows() {
            return rows;
        }

        /** Computes it, given addresses. */
        void execute(final long stream, final long rowsAt, final long panelAt, final long sumsAt) {
            Dnnl.place(sourceMemory, rowsAt);
            Dnnl.place(panelMemory, panelAt);
            Dnnl.place(sumsMemory, sumsAt);
            Dnnl.execute(primitive, stream, ARGUMENTS, arguments.address());
        }
    }
}
