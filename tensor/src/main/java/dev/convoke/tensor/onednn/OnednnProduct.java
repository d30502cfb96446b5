package dev.convoke.tensor.onednn;

import dev.convoke.tensor.PanelProduct;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** Panels multiplied by oneDNN, with one kernel for each of {@link RowCounts}. */
final class OnednnProduct implements PanelProduct {
    private final PanelType type;
    private final Map<Integer, MatmulKernel[]> kernels = new HashMap<>();
    private final ThreadLocal<Calls> calls = ThreadLocal.withInitial(Calls::new);

    OnednnProduct(final PanelType type) {
        this.type = type;
    }

    @Override
    public int fewestRows() {
        return type.fewestRows();
    }

    @Override
    public void prepare(final int words) {
        kernels(words);
    }

    /** Those for rows of so many words, made when they are first asked for. */
    private synchronized MatmulKernel[] kernels(final int words) {
        return kernels.computeIfAbsent(words, _ -> Arrays.stream(RowCounts.all())
            .mapToObj(rows -> new MatmulKernel(type, rows, words)).toArray(MatmulKernel[]::new));
    }

    /** What oneDNN computes with, for example {@code brg_matmul:avx512_core_vnni}. */
    String implementation(final int words) {
        return kernels(words)[0].implementation();
    }

    @Override
    public void multiply(final MemorySegment rows, final long rowsOffset, final int count, final int words,
        final MemorySegment panel, final long panelOffset, final MemorySegment sums) {
        final long rowBytes = (long)words * Integer.BYTES;
        final long sumsBytes = (long)OUTPUTS * Integer.BYTES;
        Objects.checkFromIndexSize(rowsOffset, count * rowBytes, rows.byteSize());
        Objects.checkFromIndexSize(panelOffset, OUTPUTS * rowBytes, panel.byteSize());
        Objects.checkFromIndexSize(0, count * sumsBytes, sums.byteSize());
        final Calls mine = calls.get();
        final MatmulKernel.Call[] ofWords = mine.of(words);
        final long rowsAt = rows.address() + rowsOffset;
        final long panelAt = panel.address() + panelOffset;
        int done = 0;
        while (done < count) {
            final MatmulKernel.Call call = ofWords[RowCounts.next(count - done, count)];
            final int first = Math.min(done, count - call.rows());
            call.execute(mine.stream, rowsAt + first * rowBytes, panelAt, sums.address() + first * sumsBytes);
            done = first + call.rows();
        }
        Reference.reachabilityFence(rows);
        Reference.reachabilityFence(panel);
        Reference.reachabilityFence(sums);
    }

    /** A thread's stream, and its calls by the words they are for. */
    private final class Calls {
        private final Arena arena = Arena.ofAuto();
        private final long stream;
        private int[] words = new int[0];
        private MatmulKernel.Call[][] ofWords = new MatmulKernel.Call[0][];

        @SuppressWarnings("restricted")
        private Calls() {
            Dnnl.useOneThread();
            stream = Dnnl.stream();
            MemorySegment.ofAddress(stream).reinterpret(arena, gone -> Dnnl.destroyStream(gone.address()));
        }

        /** A model has a handful of different widths. */
        MatmulKernel.Call[] of(final int wanted) {
            for (int i = 0; i < words.length; i++) {
                if (words[i] == wanted) {
                    return ofWords[i];
                }
            }
            return add(wanted);
        }

        private MatmulKernel.Call[] add(final int wanted) {
            final int index = words.length;
            words = Arrays.copyOf(words, index + 1);
            ofWords = Arrays.copyOf(ofWords, index + 1);
            words[index] = wanted;
            ofWords[index] = Arrays.stream(kernels(wanted)).map(MatmulKernel::newCall)
                .toArray(MatmulKernel.Call[]::new);
            return ofWords[index];
        }
    }
}
