package dev.convoke.loadbalance.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TraceStatisticsTest {
    private static final TraceHeader SMALL = Traces.header(3, 4, 2, 8);

    private static TraceStatistics of(final TraceHeader header, final List<Traces.Step> steps) {
        final TraceStatistics statistics = new TraceStatistics();
        statistics.add("some.trace", Traces.reader(Traces.encoded(header, steps)));
        return statistics;
    }

    @Test
    void shouldCountLoadAndExpertsChosenTogether() {
        final TraceStatistics statistics = of(SMALL, List.of(new Traces.Step(0, 0,
            List.of(new Traces.Run(0, 0, 2, false, 1), new Traces.Run(1, 9, 1, true, 2)),
            new int[][][]{{{0, 1}, {1, 2}, {3, 0}}, null, {{2, 3}, {2, 1}, {2, 3}}})));
        final DomainStatistics all = statistics.all();
        assertEquals(3, all.rows());
        assertEquals(1, all.decodeRows());
        assertArrayEquals(new long[]{2, 2, 1, 1}, all.load(0));
        assertArrayEquals(new long[]{0, 1, 3, 2}, all.load(2));
        assertFalse(all.isRouted(1));
        assertEquals(2 * 4 / 6.0, all.maxOverMean(0));
        assertEquals(6 / (3 * 4.0), all.balancedness(2));
        assertArrayEquals(new double[][]{{0, 1, 0, 1}, {1, 0, 1, 0}, {0, 1, 0, 0}, {1, 0, 0, 0}}, all.together(0));
        assertEquals(1, all.coActivation().rows(0, 3, 0));
        assertEquals(0, all.coActivation().rows(1, 3, 0));
        assertEquals(2, all.expertLoad().tokens(0, 1));
        assertEquals(1, all.expertLoad().activity(0, 3));
        assertEquals(0, all.expertLoad().activity(2, 0));
        assertArrayEquals(new double[]{0, 0, 2, 2}, all.nextLayer(0)[0]);
        assertArrayEquals(new double[]{0, 1, 2, 1}, all.nextLayer(0)[1]);
        assertArrayEquals(new double[4][4], all.nextLayer(2));
        assertEquals(List.of("scripture", "novel"), statistics.domains().stream().map(DomainStatistics::name)
            .toList());
        assertArrayEquals(new long[]{1, 2, 1, 0}, statistics.domains().get(0).load(0));
        assertArrayEquals(new long[]{1, 0, 0, 1}, statistics.domains().get(1).load(0));
        assertEquals(3, statistics.domains().get(0).active().mean(0, 1));
        assertEquals(2, statistics.domains().get(1).active().mean(0, 0));
    }

    @Test
    void shouldAgreeWithPlainCountingWhateverTheSteps() {
        final SplittableRandom random = Seeds.random("TraceStatisticsTest");
        for (int i = 0; i < 50; i++) {
            final TraceHeader header = Traces.header(1 + random.nextInt(4), 2 + random.nextInt(10), 2, 8);
            final List<Traces.Step> steps = Traces.steps(header, random, 20);
            final TraceStatistics statistics = of(header, steps);
            assertCounted(statistics.all(), header, steps, null);
            for (final DomainStatistics domain : statistics.domains()) {
                final int label = domain.name().equals(TraceStatistics.UNLABELLED) ? 0
                    : Traces.LABELS.indexOf(domain.name());
                assertCounted(domain, header, steps, label);
            }
            assertEquals(statistics.all().rows(),
                statistics.domains().stream().mapToLong(DomainStatistics::rows).sum());
        }
    }

    private static void assertCounted(final DomainStatistics domain, final TraceHeader header,
        final List<Traces.Step> steps, final Integer label) {
        final int experts = header.experts();
        for (int layer = 0; layer < header.layers(); layer++) {
            final double[] load = new double[experts];
            final double[][] together = new double[experts][experts];
            final double[][] next = new double[experts][experts];
            for (final Traces.Step step : steps) {
                final int after = nextRouted(step, layer);
                for (int row = 0; step.experts()[layer] != null && row < step.rows(); row++) {
                    if (label != null && labelOf(step, row) != label) {
                        continue;
                    }
                    for (final int expert : step.experts()[layer][row]) {
                        load[expert]++;
                        Arrays.stream(step.experts()[layer][row]).filter(other -> other != expert)
                            .forEach(other -> together[expert][other]++);
                        if (after >= 0) {
                            Arrays.stream(step.experts()[after][row]).forEach(other -> next[expert][other]++);
                        }
                    }
                }
            }
            assertArrayEquals(load, Arrays.stream(domain.load(layer)).asDoubleStream().toArray());
            assertArrayEquals(together, domain.together(layer));
            assertArrayEquals(next, domain.nextLayer(layer));
        }
    }

    private static int labelOf(final Traces.Step step, final int row) {
        int first = 0;
        for (final Traces.Run run : step.runs()) {
            if (row < first + run.rows()) {
                return run.label();
            }
            first += run.rows();
        }
        throw new AssertionError("row " + row);
    }

    private static int nextRouted(final Traces.Step step, final int layer) {
        for (int after = layer + 1; after < step.experts().length; after++) {
            if (step.experts()[after] != null) {
                return after;
            }
        }
        return -1;
    }

    @Test
    void shouldCountActiveExpertsByRowsOfTheStep() {
        final TraceHeader header = Traces.header(1, 16, 2, 32);
        final List<Traces.Step> steps = Traces.steps(header, Seeds.random("active experts"), 40);
        final ActiveExperts active = of(header, steps).all().active();
        final long[] count = new long[ActiveExperts.CLASSES];
        final long[] sum = new long[ActiveExperts.CLASSES];
        for (final Traces.Step step : steps) {
            final Set<Integer> chosen = new HashSet<>();
            Arrays.stream(step.experts()[0]).flatMapToInt(Arrays::stream).forEach(chosen::add);
            int size = 0;
            while (ActiveExperts.mostRows(size) < step.rows()) {
                size++;
            }
            assertTrue(ActiveExperts.leastRows(size) <= step.rows());
            count[size]++;
            sum[size] += chosen.size();
        }
        for (int size = 0; size < ActiveExperts.CLASSES; size++) {
            assertEquals(count[size], active.steps(0, size));
            if (count[size] > 0) {
                assertEquals((double)sum[size] / count[size], active.mean(0, size));
            }
        }
    }

    @Test
    void shouldAddUpTracesOfOneModelOnly() {
        final List<Traces.Step> steps = Traces.steps(SMALL, new SplittableRandom(1), 5);
        final TraceStatistics twice = of(SMALL, steps);
        final long rows = twice.all().rows();
        twice.add("other.trace", Traces.reader(Traces.encoded(SMALL, steps)));
        assertEquals(2 * rows, twice.all().rows());
        assertEquals(10, twice.steps());
        assertEquals(14, twice.droppedSteps());
        final byte[] foreign = Traces.encoded(Traces.header(3, 5, 2, 8), List.of());
        assertTrue(assertThrows(ConfigurationException.class, () -> twice.add("odd.trace", Traces.reader(foreign)))
            .getMessage().matches("odd.trace is of a model .* 5 experts.* but some.trace of .*; give traces of one "
                + "model\\."));
    }
}
