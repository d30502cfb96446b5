package dev.convoke.loadbalance.trace;

import dev.convoke.core.DType;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.core.NumericsId;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Traces made up at random, and steps as plain values to compare them by. */
final class Traces {
    static final List<String> LABELS = List.of("", "scripture", "novel", "code \u00e4\u4e2d");

    private Traces() {
    }

    /** A step as plain values: what its runs are, and the experts of [layer][row][slot], null where none. */
    record Step(long number, long timeUs, List<Run> runs, int[][][] experts) {
        int rows() {
            return runs.stream().mapToInt(Run::rows).sum();
        }
    }

    record Run(long sequence, int position, int rows, boolean decode, int label) {
    }

    static TraceHeader header(final int layers, final int experts, final int topK, final int mostRows) {
        return new TraceHeader("a model", new ModelFingerprint(0xfedc_ba98_7654_3210L), NumericsId.CANONICAL_1,
            DType.BF16, layers, experts, topK, mostRows, TraceLimits.MOST_BYTES);
    }

    static TraceHeader header(final SplittableRandom random) {
        final int experts = 1 + random.nextInt(random.nextBoolean() ? 9 : 300);
        return header(1 + random.nextInt(20), experts, 1 + random.nextInt(Math.min(8, experts)),
            1 + random.nextInt(40));
    }

    static List<Step> steps(final TraceHeader header, final SplittableRandom random, final int count) {
        final List<Step> steps = new ArrayList<>();
        long number = -1;
        long timeUs = 0;
        for (int i = 0; i < count; i++) {
            number += 1 + (random.nextInt(4) == 0 ? random.nextInt(1000) : 0);
            timeUs += random.nextInt(100_000);
            final List<Run> runs = new ArrayList<>();
            int rows = 0;
            do {
                final int length = 1 + random.nextInt(Math.min(5, header.mostRows() - rows));
                runs.add(new Run(random.nextLong(random.nextBoolean() ? 1L << 62 : 50), random.nextInt(1 << 20), length,
                    random.nextBoolean(), random.nextInt(LABELS.size())));
                rows += length;
            } while (rows < header.mostRows() && random.nextInt(4) > 0);
            steps.add(new Step(number, timeUs, runs, experts(header, random, rows)));
        }
        return steps;
    }

    private static int[][][] experts(final TraceHeader header, final SplittableRandom random, final int rows) {
        final int[][][] experts = new int[header.layers()][][];
        final int always = random.nextInt(header.layers());
        for (int layer = 0; layer < header.layers(); layer++) {
            if (layer == always || random.nextInt(5) > 0) {
                experts[layer] = new int[rows][];
                for (int row = 0; row < rows; row++) {
                    experts[layer][row] = random.ints(0, header.experts()).distinct().limit(header.topK()).toArray();
                }
            }
        }
        return experts;
    }

    /** Fills the reused value from the plain one. */
    static TraceStep fill(final TraceStep step, final Step from) {
        step.start(from.number(), from.timeUs());
        from.runs().forEach(run -> step.addRun(run.sequence(), run.position(), run.rows(), run.decode(),
            run.label()));
        for (int layer = 0; layer < from.experts().length; layer++) {
            if (from.experts()[layer] != null) {
                step.addLayer(layer);
                for (int row = 0; row < from.rows(); row++) {
                    for (int slot = 0; slot < from.experts()[layer][row].length; slot++) {
                        step.choose(layer, row, slot, from.experts()[layer][row][slot]);
                    }
                }
            }
        }
        return step;
    }

    static Step plain(final TraceStep step, final TraceHeader header) {
        final List<Run> runs = new ArrayList<>();
        for (int run = 0; run < step.runs(); run++) {
            runs.add(new Run(step.sequence(run), step.position(run), step.rows(run), step.isDecode(run),
                step.label(run)));
        }
        final int[][][] experts = new int[header.layers()][][];
        for (int layer = 0; layer < header.layers(); layer++) {
            if (step.isRouted(layer)) {
                experts[layer] = new int[step.rows()][header.topK()];
                for (int row = 0; row < step.rows(); row++) {
                    for (int slot = 0; slot < header.topK(); slot++) {
                        experts[layer][row][slot] = step.expert(layer, row, slot);
                    }
                }
            }
        }
        return new Step(step.number(), step.timeUs(), runs, experts);
    }

    /** The bytes of a trace of these steps, all labels named where they are first used. */
    static byte[] encoded(final TraceHeader header, final List<Step> steps) {
        final TraceEncoder encoder = new TraceEncoder(header);
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        add(bytes, encoder.header());
        final TraceStep step = new TraceStep(header);
        for (final Step plain : steps) {
            final int largest = plain.runs().stream().mapToInt(Run::label).max().orElse(0);
            while (encoder.labels() < largest) {
                add(bytes, encoder.label(LABELS.get(encoder.labels() + 1)));
            }
            add(bytes, encoder.step(fill(step, plain)));
        }
        add(bytes, encoder.end(7, TraceEnd.Reason.TIME));
        if (bytes.size() != encoder.written()) {
            throw new AssertionError(bytes.size() + " bytes, and the encoder says " + encoder.written());
        }
        return bytes.toByteArray();
    }

    private static void add(final ByteArrayOutputStream bytes, final ByteBuffer piece) {
        while (piece.hasRemaining()) {
            bytes.write(piece.get());
        }
    }

    static TraceReader reader(final byte... bytes) {
        return new TraceReader("some.trace", ByteBuffer.wrap(bytes));
    }

    /** All steps of a trace. */
    static List<Step> read(final TraceReader reader) {
        final List<Step> steps = new ArrayList<>();
        final TraceStep step = new TraceStep(reader.header());
        while (reader.next(step)) {
            steps.add(plain(step, reader.header()));
        }
        return steps;
    }
}
