package dev.convoke.gating;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Random plans under every policy and both gates; prints its seed, {@code -Dconvoke.seed} repeats one. */
class CapacityLimitTest {
    private static final int CASES = 300;

    private final long seed = Long.getLong("convoke.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private Arena arena;

    @BeforeEach
    void open() {
        arena = Arena.ofConfined();
        System.out.println("CapacityLimitTest seed " + seed);
    }

    @AfterEach
    void close() {
        arena.close();
    }

    /** What a gate chose and what became of it. */
    private final class Case {
        final RowBuffer logits;
        final int[] replicas;
        final RoutingPlan before;
        final RoutingPlan after;
        final CapacityLimit limit;

        Case(final RowBuffer logits, final int topK, final Capacity capacity, final String gate,
            final int[] replicas) {
            this.logits = logits;
            this.replicas = replicas;
            before = new RoutingPlan(logits.columns(), topK, logits.capacity());
            after = new RoutingPlan(logits.columns(), topK, logits.capacity(), capacity);
            limit = new CapacityLimit(after);
            for (final RoutingPlan plan : List.of(before, after)) {
                assertEquals(Gate.ROUTED, NamedServices.named(Gate.class, gate).route(logits, logits.capacity(), plan));
            }
            if (limit.isExceeded(after)) {
                for (int expert = 0; expert < replicas.length; expert++) {
                    limit.replicas(expert, replicas[expert]);
                }
                limit.apply(logits, after);
            }
        }

        int room(final int expert) {
            return (int)Math.min(logits.capacity(), (long)after.expertCapacity() * replicas[expert]);
        }

        /** The expert of an entry and its weight, as one text for each row. */
        String row(final int row) {
            final StringBuilder text = new StringBuilder();
            for (int entry = row * after.topK(); entry < (row + 1) * after.topK(); entry++) {
                text.append(after.expert(entry)).append(':').append(Float.floatToRawIntBits(after.weight(entry)))
                    .append(' ');
            }
            return text.toString();
        }
    }

    private Case randomCase(final CapacityPolicy policy, final double factor) {
        final RowBuffer logits = new RowBuffer(arena, DType.F32, 1 + random.nextInt(40), 1 + random.nextInt(16));
        final boolean ties = random.nextInt(3) == 0;
        final int[] replicas = new int[logits.columns()];
        for (int expert = 0; expert < logits.columns(); expert++) {
            replicas[expert] = 1 + random.nextInt(4) / 3;
            // Some experts are liked by all.
            final float liking = random.nextFloat() * 3;
            for (int row = 0; row < logits.capacity(); row++) {
                logits.set(row, expert, ties ? random.nextInt(3) : (float)random.nextGaussian() + liking);
            }
        }
        return new Case(logits, 1 + random.nextInt(Math.min(8, logits.columns())), new Capacity(policy, factor),
            random.nextBoolean() ? "softmax-top-k" : "top-k-of-softmax", replicas);
    }

    private double randomFactor() {
        return List.of(0.25, 0.5, 1.0, 1.25, 1.5, 2.0).get(random.nextInt(6));
    }

    @Test
    void shouldChangeNothingWithoutALimit() {
        for (int i = 0; i < CASES; i++) {
            for (final CapacityPolicy policy : CapacityPolicy.values()) {
                final Case unlimited = randomCase(policy, Double.POSITIVE_INFINITY);
                assertFalse(unlimited.limit.isExceeded(unlimited.after));
                assertSame(unlimited);
            }
            // Under spill it is hosts that change, never experts.
            assertSame(randomCase(CapacityPolicy.SPILL, randomFactor()));
        }
    }

    private static void assertSame(final Case same) {
        assertEquals(0, same.after.dropped() + same.after.rerouted());
        for (int entry = 0; entry < same.before.entries(); entry++) {
            assertEquals(same.before.expert(entry), same.after.expert(entry));
            assertEquals(same.before.weight(entry), same.after.weight(entry));
            assertEquals(same.before.entryByExpert(entry), same.after.entryByExpert(entry));
        }
    }

    @Test
    void shouldKeepTheHeaviestOfEachExpertAndDropTheRest() {
        for (int i = 0; i < CASES; i++) {
            final Case dropping = randomCase(CapacityPolicy.DROP, randomFactor());
            int dropped = 0;
            for (int expert = 0; expert < dropping.before.experts(); expert++) {
                final List<Integer> entries = new ArrayList<>();
                for (int e = dropping.before.firstOf(expert); e < dropping.before.firstOf(expert + 1); e++) {
                    entries.add(dropping.before.entryByExpert(e));
                }
                final int topK = dropping.before.topK();
                final int wanted = expert;
                entries.sort((a, b) -> {
                    final int weights = Float.compare(dropping.before.weight(b), dropping.before.weight(a));
                    final int logits = Float.compare(dropping.logits.get(b / topK, wanted),
                        dropping.logits.get(a / topK, wanted));
                    return weights != 0 ? weights : logits != 0 ? logits : a - b;
                });
                final Set<Integer> kept = new HashSet<>(entries.subList(0,
                    Math.min(entries.size(), dropping.room(expert))));
                for (final int entry : entries) {
                    assertEquals(kept.contains(entry) ? expert : RoutingPlan.DROPPED, dropping.after.expert(entry));
                    assertEquals(kept.contains(entry) ? dropping.before.weight(entry) : 0,
                        dropping.after.weight(entry));
                }
                assertEquals(kept.size(), dropping.after.count(expert));
                dropped += entries.size() - kept.size();
            }
            assertEquals(dropped, dropping.after.dropped());
            assertEquals(0, dropping.after.rerouted());
        }
    }

    @Test
    void shouldLeaveNoRowThatAnExpertWouldRatherHave() {
        for (int i = 0; i < CASES; i++) {
            final Case expanding = randomCase(CapacityPolicy.EXPANDED_DROP, randomFactor());
            final int topK = expanding.after.topK();
            int dropped = 0;
            int rerouted = 0;
            for (int row = 0; row < expanding.after.rows(); row++) {
                final Set<Integer> chosen = new HashSet<>();
                final Set<Integer> has = new HashSet<>();
                for (int entry = row * topK; entry < (row + 1) * topK; entry++) {
                    chosen.add(expanding.before.expert(entry));
                    if (expanding.after.expert(entry) != RoutingPlan.DROPPED) {
                        assertTrue(has.add(expanding.after.expert(entry)), "twice the same expert");
                        assertEquals(weight(expanding, row, expanding.after.expert(entry)),
                            expanding.after.weight(entry));
                    }
                }
                dropped += topK - has.size();
                rerouted += (int)has.stream().filter(expert -> !chosen.contains(expert)).count();
                assertStable(expanding, row, has);
            }
            assertEquals(dropped, expanding.after.dropped());
            assertEquals(rerouted, expanding.after.rerouted());
            for (int expert = 0; expert < expanding.after.experts(); expert++) {
                assertTrue(expanding.after.count(expert) <= expanding.room(expert));
            }
        }
    }

    /** Its gate's weight, or what continues it. */
    private static float weight(final Case of, final int row, final int expert) {
        final int topK = of.before.topK();
        for (int entry = row * topK; entry < (row + 1) * topK; entry++) {
            if (of.before.expert(entry) == expert) {
                return of.before.weight(entry);
            }
        }
        return of.before.weight(row * topK) * CanonicalMath.exp(of.logits.get(row, expert)
            - of.logits.get(row, of.before.expert(row * topK)));
    }

    /** Each expert that the row likes more than the worst it has is full of rows that it rather has. */
    private static void assertStable(final Case of, final int row, final Set<Integer> has) {
        final boolean isFull = has.size() == of.after.topK();
        for (int expert = 0; expert < of.after.experts(); expert++) {
            final int liked = expert;
            final boolean wanted = !has.contains(expert) && weight(of, row, expert) > 0
                && (!isFull || has.stream().anyMatch(other -> prefers(of, row, liked, other)));
            if (wanted) {
                assertEquals(of.room(expert), of.after.count(expert), "expert " + expert + " has room for row " + row);
                for (int e = of.after.firstOf(expert); e < of.after.firstOf(expert + 1); e++) {
                    final int entry = of.after.entryByExpert(e);
                    assertTrue(of.after.weight(entry) >= weight(of, row, expert), "expert " + expert + ", row " + row);
                }
            }
        }
    }

    private static boolean prefers(final Case of, final int row, final int expert, final int other) {
        return of.logits.get(row, expert) > of.logits.get(row, other);
    }

    @Test
    void shouldNotDependOnTheOrderOfRows() {
        for (int i = 0; i < CASES; i++) {
            final CapacityPolicy policy = i % 2 == 0 ? CapacityPolicy.DROP : CapacityPolicy.EXPANDED_DROP;
            final RowBuffer logits = new RowBuffer(arena, DType.F32, 2 + random.nextInt(30), 2 + random.nextInt(12));
            final List<Integer> order = new ArrayList<>();
            for (int row = 0; row < logits.capacity(); row++) {
                order.add(row);
                for (int expert = 0; expert < logits.columns(); expert++) {
                    logits.set(row, expert, (float)random.nextGaussian() + (expert < 2 ? 2 : 0));
                }
            }
            Collections.shuffle(order, random);
            final RowBuffer shuffled = new RowBuffer(arena, DType.F32, logits.capacity(), logits.columns());
            for (int row = 0; row < logits.capacity(); row++) {
                for (int expert = 0; expert < logits.columns(); expert++) {
                    shuffled.set(row, expert, logits.get(order.get(row), expert));
                }
            }
            final int topK = 1 + random.nextInt(logits.columns());
            final Capacity capacity = new Capacity(policy, randomFactor());
            final int[] replicas = random.ints(logits.columns(), 1, 3).toArray();
            final Case straight = new Case(logits, topK, capacity, "softmax-top-k", replicas);
            final Case mixed = new Case(shuffled, topK, capacity, "softmax-top-k", replicas);
            for (int row = 0; row < logits.capacity(); row++) {
                assertEquals(straight.row(order.get(row)), mixed.row(row));
            }
        }
    }

    @Test
    void shouldNotAllocateOnceWarm() {
        final Case warm = randomCase(CapacityPolicy.EXPANDED_DROP, 0.25);
        final Gate gate = NamedServices.named(Gate.class, "softmax-top-k");
        final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
        long before = 0;
        for (int i = 0; i < 3_000; i++) {
            if (i == 2_000) {
                before = threads.getCurrentThreadAllocatedBytes();
            }
            gate.route(warm.logits, warm.logits.capacity(), warm.after);
            for (int expert = 0; expert < warm.replicas.length; expert++) {
                warm.limit.replicas(expert, 1);
            }
            warm.limit.apply(warm.logits, warm.after);
        }
        final long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < 1_000, allocated + " bytes in 1000 steps");
    }
}
