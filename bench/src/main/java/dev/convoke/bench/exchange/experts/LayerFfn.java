package dev.convoke.bench.exchange.experts;

import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.FfnBatch;
import dev.convoke.tensor.FfnShape;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.PackedFfn;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** The grouped FFN of a layer's experts without exchange, on the calling thread and what its kernels use. */
public final class LayerFfn implements AutoCloseable {
    /**
     * What a batch took, in microseconds, each the median.
     *
     * @param rowsPerExpert 0 for one row of the layer's top-k experts each
     * @param rows          of the batch
     * @param batchUs       from its start to its end as the caller sees it
     * @param deviceUs      that a device was at it; 0 on a CPU
     * @param copyUs        of that, in copies
     * @param bytes         of the weights that were read
     * @param operations    multiplications and additions
     */
    public record Result(ExpertLayer layer, int rowsPerExpert, int rows, double batchUs, double deviceUs,
        double copyUs, double bytes, double operations) {
        /** Without copies, on a device that tells. */
        public double computeUs() {
            return deviceUs > 0 ? deviceUs - copyUs : batchUs;
        }

        /** Gigabytes of weights read in a second of computing. */
        public double gigabytesPerSecond() {
            return bytes / computeUs() / 1e3;
        }

        /** Of computing. */
        public double teraflops() {
            return operations / computeUs() / 1e6;
        }

        /** For JSON. */
        public Map<String, Object> toMap() {
            final Map<String, Object> map = new LinkedHashMap<>();
            map.put("layer", layer.name());
            map.put("rows_per_expert", rowsPerExpert);
            map.put("rows", rows);
            map.put("batch_us", batchUs);
            map.put("device_us", deviceUs);
            map.put("copy_us", copyUs);
            map.put("compute_us", computeUs());
            map.put("weights_gb_per_second", gigabytesPerSecond());
            map.put("tflops", teraflops());
            return map;
        }
    }

    private static final DType DTYPE = DType.BF16;
    private static final int WARM_UP = 3;
    private static final int LEAST_RUNS = 5;
    private static final int MOST_RUNS = 2000;

    private final ExpertLayer layer;
    private final Kernels kernels;
    private final Arena arena;
    private final List<PackedFfn> weights = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(7);

    /** Packs all experts of the layer. */
    public LayerFfn(final ExpertLayer layer, final RandomLayer checkpoint, final Kernels kernels,
        final long deviceBytes) {
        this.layer = layer;
        this.kernels = kernels;
        kernels.backend().planWeights(0, layer.experts() * layer.expertBytes(DTYPE), deviceBytes);
        arena = kernels.backend().newArena();
        for (int expert = 0; expert < layer.experts(); expert++) {
            final ExpertTensors tensors = checkpoint.expert(new ExpertId(0, expert));
            weights.add(kernels.backend().packFfn(arena, DTYPE, tensors.gate(), tensors.up(), tensors.down(),
                Throttle.NONE));
        }
    }

    /**
     * Measures batches for about so long.
     *
     * @param rowsPerExpert of every expert; 0 for one row of the layer's top-k experts each, others every time, as a
     *                      single token in a cold cache
     */
    public Result measure(final int rowsPerExpert, final long budgetNs) {
        final int groups = rowsPerExpert == 0 ? layer.topK() : layer.experts();
        final int rows = groups * Math.max(1, rowsPerExpert);
        try (Arena its = kernels.backend().newArena()) {
            final RowBuffer source = new RowBuffer(its, DTYPE, rows, layer.hidden());
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < layer.hidden(); column++) {
                    source.set(row, column, random.nextFloat() - 0.5f);
                }
            }
            final FfnBatch batch = kernels.ffnBatch(its,
                new FfnShape(DTYPE, rows, layer.experts(), layer.hidden(), layer.width()));
            return measure(batch, source, groups, rowsPerExpert, budgetNs);
        }
    }

    private Result measure(final FfnBatch batch, final RowBuffer source, final int groups, final int rowsPerExpert,
        final long budgetNs) {
        final int rows = groups * Math.max(1, rowsPerExpert);
        final double[][] samples = new double[3][MOST_RUNS];
        int runs = 0;
        final long startNs = System.nanoTime();
        for (int turn = 0; runs < LEAST_RUNS
            || runs < MOST_RUNS && System.nanoTime() - startNs < budgetNs; turn++) {
            fill(batch, source, groups, Math.max(1, rowsPerExpert), turn);
            final long beginNs = System.nanoTime();
            batch.compute();
            final long endNs = System.nanoTime();
            if (turn >= WARM_UP) {
                samples[0][runs] = (endNs - beginNs) / 1e3;
                samples[1][runs] = batch.deviceNs() / 1e3;
                samples[2][runs] = batch.deviceCopyNs() / 1e3;
                runs++;
            }
        }
        return new Result(layer, rowsPerExpert, rows, median(samples[0], runs), median(samples[1], runs),
            median(samples[2], runs), (double)groups * layer.expertBytes(DTYPE),
            6.0 * rows * layer.hidden() * layer.width());
    }

    private void fill(final FfnBatch batch, final RowBuffer source, final int groups, final int each,
        final int turn) {
        batch.clear(0, source);
        for (int group = 0; group < groups; group++) {
            batch.addGroup(weights.get((group + turn * groups) % layer.experts()));
            for (int row = 0; row < each; row++) {
                batch.addRow(group * each + row, Float.NaN);
            }
        }
    }

    private static double median(final double[] samples, final int count) {
        final double[] sorted = Arrays.copyOf(samples, count);
        Arrays.sort(sorted);
        return sorted[count / 2];
    }

    @Override
    public void close() {
        arena.close();
    }
}
