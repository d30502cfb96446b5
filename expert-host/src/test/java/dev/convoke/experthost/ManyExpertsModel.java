package dev.convoke.experthost;

import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;

/** A checkpoint in memory with more experts than a few frames can list, each of the least size and all zero. */
final class ManyExpertsModel extends ExpertsAlone {
    private static final int HIDDEN = 4;
    private static final int LAYERS = 80;
    private static final int EXPERTS = 256;

    ManyExpertsModel() {
        super("many-experts-model", HIDDEN, LAYERS, 1, EXPERTS);
    }

    List<ExpertId> allExperts() {
        return IntStream.range(0, LAYERS * EXPERTS)
            .mapToObj(i -> new ExpertId(i / EXPERTS, i % EXPERTS)).toList();
    }

    @Override
    public ExpertTensors expert(final ExpertId expert) {
        return new ExpertTensors(zeros(1, HIDDEN), zeros(1, HIDDEN), zeros(HIDDEN, 1));
    }

    private static Tensor zeros(final int rows, final int columns) {
        return new Tensor("zeros", DType.BF16, new long[] {rows, columns},
            MemorySegment.ofArray(new byte[rows * columns * Short.BYTES]));
    }
}
