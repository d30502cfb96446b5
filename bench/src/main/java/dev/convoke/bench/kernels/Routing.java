package dev.convoke.bench.kernels;

import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
import dev.convoke.gating.Gate;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Router logits to a plan grouped by expert. */
@State(Scope.Thread)
public class Routing {
    /** By name. */
    @Param({"softmax-top-k"})
    public String gate;

    /** Chosen of all. */
    @Param({"2 of 8", "8 of 128"})
    public String experts;

    /** Rows of the step. */
    @Param({"16"})
    public int rows;

    private Arena arena;
    private Gate chosen;
    private RowBuffer logits;
    private RoutingPlan plan;
    private int columns;

    /** Draws logits. */
    @Setup
    public void draw() {
        arena = Arena.ofShared();
        chosen = NamedServices.named(Gate.class, gate);
        final String[] words = experts.split(" of ");
        columns = Integer.parseInt(words[1]);
        logits = new RowBuffer(arena, DType.F32, rows, columns);
        plan = new RoutingPlan(columns, Integer.parseInt(words[0]), rows);
        final SplittableRandom random = new SplittableRandom(1);
        for (int row = 0; row < rows; row++) {
            for (int expert = 0; expert < columns; expert++) {
                logits.set(row, expert, (float)random.nextGaussian());
            }
        }
    }

    /** Frees everything. */
    @TearDown
    public void free() {
        arena.close();
    }

    /** Each logit is looked at once at least. */
    @Benchmark
    public void route(final Work work) {
        chosen.route(logits, rows, plan);
        work.add((double)rows * columns * Float.BYTES, (double)rows * columns);
    }
}
