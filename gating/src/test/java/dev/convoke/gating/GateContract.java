package dev.convoke.gating;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every gate keeps, whatever its formula. Random cases print their seed; {@code -Dconvoke.seed} repeats one. */
public abstract class GateContract {
    private static final int CASES = 200;

    private final long seed = Long.getLong("convoke.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private Arena arena;

    /** The gate under test. */
    protected abstract Gate gate();

    @BeforeEach
    void open() {
        arena = Arena.ofConfined();
        System.out.println(getClass().getSimpleName() + " seed " + seed);
    }

    @AfterEach
    void close() {
        arena.close();
    }

    @Test
    void shouldBeFoundByItsName() {
        assertEquals(gate().getClass(), NamedServices.named(Gate.class, gate().name()).getClass());
    }

    @Test
    void shouldChooseDistinctExpertsWithFiniteWeights() {
        for (int i = 0; i < CASES; i++) {
            final RoutingPlan plan = randomPlan();
            for (int row = 0; row < plan.rows(); row++) {
                final int first = row * plan.topK();
                assertEquals(plan.topK(), IntStream.range(first, first + plan.topK()).map(plan::expert)
                    .filter(expert -> expert >= 0 && expert < plan.experts()).distinct().count(), "row " + row);
                for (int entry = first; entry < first + plan.topK(); entry++) {
                    assertTrue(plan.weight(entry) >= 0 && Float.isFinite(plan.weight(entry)), "entry " + entry);
                }
            }
        }
    }

    @Test
    void shouldGroupEntriesByExpertInTheirOrder() {
        for (int i = 0; i < CASES; i++) {
            final RoutingPlan plan = randomPlan();
            final int[] expected = IntStream.range(0, plan.entries()).boxed()
                .sorted(Comparator.comparingInt(plan::expert)).mapToInt(Integer::intValue).toArray();
            for (int index = 0; index < expected.length; index++) {
                assertEquals(expected[index], plan.entryByExpert(index));
            }
            int total = 0;
            for (int expert = 0; expert < plan.experts(); expert++) {
                assertEquals(total, plan.firstOf(expert));
                total += plan.count(expert);
            }
            assertEquals(plan.entries(), total);
            assertEquals(total, plan.firstOf(plan.experts()));
        }
    }

    @Test
    void shouldRouteEachRowAloneAsAmongOthers() {
        for (int i = 0; i < CASES; i++) {
            final RowBuffer logits = randomLogits(1 + random.nextInt(9), 1 + random.nextInt(20));
            final int topK = 1 + random.nextInt(logits.columns());
            final RoutingPlan all = new RoutingPlan(logits.columns(), topK, logits.capacity());
            assertEquals(Gate.ROUTED, gate().route(logits, logits.capacity(), all));
            final RoutingPlan alone = new RoutingPlan(logits.columns(), topK, 1);
            final RowBuffer one = new RowBuffer(arena, DType.F32, 1, logits.columns());
            for (int row = 0; row < logits.capacity(); row++) {
                copyRow(logits, row, one, 0);
                assertEquals(Gate.ROUTED, gate().route(one, 1, alone));
                for (int slot = 0; slot < topK; slot++) {
                    assertEquals(alone.expert(slot), all.expert(row * topK + slot));
                    assertEquals(alone.weight(slot), all.weight(row * topK + slot));
                }
            }
        }
    }

    @Test
    void shouldNameTheFirstRowThatCannotBeRouted() {
        final float[] bad = {Float.NaN, Float.POSITIVE_INFINITY};
        for (int i = 0; i < CASES; i++) {
            final RowBuffer logits = randomLogits(2 + random.nextInt(8), 1 + random.nextInt(20));
            final int row = random.nextInt(logits.capacity());
            logits.set(row, random.nextInt(logits.columns()), bad[i % bad.length]);
            final int later = row + random.nextInt(logits.capacity() - row);
            logits.set(later, random.nextInt(logits.columns()), Float.NaN);
            final int topK = 1 + random.nextInt(logits.columns());
            final RoutingPlan plan = new RoutingPlan(logits.columns(), topK, logits.capacity());
            assertEquals(row, gate().route(logits, logits.capacity(), plan));
            assertEquals(Gate.ROUTED, gate().route(logits, row, plan), "the rows before it");
        }
    }

    @Test
    void shouldRefuseARowWithoutAnyFiniteLogit() {
        final RowBuffer logits = randomLogits(3, 5);
        for (int expert = 0; expert < 5; expert++) {
            logits.set(1, expert, Float.NEGATIVE_INFINITY);
        }
        assertEquals(1, gate().route(logits, 3, new RoutingPlan(5, 2, 3)));
    }

    @Test
    void shouldNotAllocateOnceWarm() {
        final RowBuffer logits = randomLogits(64, 16);
        final RoutingPlan plan = new RoutingPlan(16, 4, 64);
        final BalanceFigures figures = new BalanceFigures(1, 16);
        final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
        for (int i = 0; i < 2_000; i++) {
            gate().route(logits, 64, plan);
            figures.observe(0, logits, plan);
        }
        final Gate gate = gate();
        final long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1_000; i++) {
            gate.route(logits, 64, plan);
            figures.observe(0, logits, plan);
        }
        final long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < 1_000, allocated + " bytes in 1000 steps, though less than one a step is allowed");
    }

    /** A plan of random shape from random logits, made in a plan that was used before. */
    private RoutingPlan randomPlan() {
        final RowBuffer logits = randomLogits(1 + random.nextInt(40), 1 + random.nextInt(40));
        final int topK = 1 + random.nextInt(Math.min(8, logits.columns()));
        final RoutingPlan plan = new RoutingPlan(logits.columns(), topK, logits.capacity());
        assertEquals(Gate.ROUTED, gate().route(randomLogits(logits.capacity(), logits.columns()),
            logits.capacity(), plan));
        assertEquals(Gate.ROUTED, gate().route(logits, 1 + random.nextInt(logits.capacity()), plan));
        return plan;
    }

    /** Few distinct values, so that ties are common. */
    private RowBuffer randomLogits(final int rows, final int experts) {
        final RowBuffer logits = new RowBuffer(arena, DType.F32, rows, experts);
        final int values = 1 + random.nextInt(30);
        for (int row = 0; row < rows; row++) {
            for (int expert = 0; expert < experts; expert++) {
                logits.set(row, expert, (random.nextInt(values) - values / 2) * 0.37f);
            }
        }
        return logits;
    }

    private static void copyRow(final RowBuffer from, final int row, final RowBuffer to, final int target) {
        for (int column = 0; column < from.columns(); column++) {
            to.set(target, column, from.get(row, column));
        }
    }
}
