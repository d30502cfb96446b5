package dev.convoke.loadbalance.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TraceCodecTest {
    @Test
    void shouldReadWhatWasWrittenWhateverTheSteps() {
        final SplittableRandom random = Seeds.random("TraceCodecTest");
        for (int i = 0; i < 200; i++) {
            final TraceHeader header = Traces.header(random);
            final List<Traces.Step> steps = Traces.steps(header, random, random.nextInt(20));
            final TraceReader reader = Traces.reader(Traces.encoded(header, steps));
            assertEquals(header, reader.header());
            final List<Traces.Step> read = Traces.read(reader);
            assertEquals(steps.size(), read.size());
            for (int step = 0; step < steps.size(); step++) {
                assertEquals(steps.get(step).number(), read.get(step).number());
                assertEquals(steps.get(step).timeUs(), read.get(step).timeUs());
                assertEquals(steps.get(step).runs(), read.get(step).runs());
                assertArrayEquals(steps.get(step).experts(), read.get(step).experts());
            }
            assertEquals(new TraceEnd(steps.size(), steps.stream().mapToLong(Traces.Step::rows).sum(), 7,
                TraceEnd.Reason.TIME), reader.end());
            assertEquals(Traces.LABELS.subList(0, reader.labels().size()), reader.labels());
        }
    }

    /** The page of the format says these bytes; a change of them needs another version. */
    @Test
    void shouldWriteTheBytesOfVersionOne() {
        final TraceHeader header = Traces.header(2, 8, 2, 4);
        final List<Traces.Step> steps = List.of(
            new Traces.Step(0, 5, List.of(new Traces.Run(3, 0, 2, false, 1)), new int[][][]{{{7, 1}, {2, 0}}, null}),
            new Traces.Step(2, 305, List.of(new Traces.Run(3, 2, 1, true, 1), new Traces.Run(1, 130, 1, true, 0)),
                new int[][][]{{{0, 1}, {6, 5}}, {{3, 2}, {4, 1}}}));
        final String expected = "43564b524f555445" + "0100" + "3700" + "0000" + "0100" + "1032547698badcfe" + "0200"
            + "0800" + "02" + "01" + "04000000" + "0000004000000000" + "0700" + "61206d6f64656c" + "8cdff71d"
            + "4c0a000000" + "01" + "736372697074757265" + "06cabcdd"
            + "530a000000" + "00" + "05" + "01" + "06" + "00" + "02" + "01" + "01" + "8f00" + "d5d4b709"
            + "5311000000" + "01" + "ac02" + "02" + "06" + "02" + "01" + "01" + "03" + "8201" + "01" + "00" + "03"
            + "883b31" + "cad81e2e"
            + "4519000000" + "0200000000000000" + "0400000000000000" + "0700000000000000" + "01" + "de5c10df";
        final String actual = HexFormat.of().formatHex(Traces.encoded(header, steps));
        assertEquals(expected, actual);
    }

    @Test
    void shouldSayWhenAStepDoesNotFitWithinTheBound() {
        final TraceHeader roomy = Traces.header(2, 8, 2, 4);
        final SplittableRandom random = new SplittableRandom(1);
        final List<Traces.Step> steps = Traces.steps(roomy, random, 200);
        for (int bound = 200; bound < 2000; bound += 50) {
            final TraceHeader header = new TraceHeader(roomy.model(), roomy.fingerprint(), roomy.numerics(),
                roomy.operandType(), 2, 8, 2, 4, bound);
            final TraceEncoder encoder = new TraceEncoder(header);
            encoder.header();
            final TraceStep step = new TraceStep(header);
            int written = 0;
            while (encoder.fits(Traces.fill(step, steps.get(written)))) {
                final int largest = steps.get(written).runs().stream().mapToInt(Traces.Run::label).max().orElse(0);
                while (encoder.labels() < largest) {
                    encoder.label(Traces.LABELS.get(encoder.labels() + 1));
                }
                encoder.step(step);
                written++;
            }
            encoder.end(0, TraceEnd.Reason.SIZE);
            assertTrue(encoder.written() <= bound, encoder.written() + " of " + bound);
            assertTrue(bound < 600 || written > 0);
        }
    }

    @Test
    void shouldRefuseHeadersOutOfRange() {
        assertThrows(ConfigurationException.class, () -> Traces.header(0, 8, 2, 4));
        assertThrows(ConfigurationException.class, () -> Traces.header(TraceLimits.MOST_LAYERS + 1, 8, 2, 4));
        assertThrows(ConfigurationException.class, () -> Traces.header(1, 4097, 2, 4));
        assertThrows(ConfigurationException.class, () -> Traces.header(1, 8, 9, 4));
        assertThrows(ConfigurationException.class, () -> Traces.header(1, 8, 2, 0));
        assertTrue(assertThrows(ConfigurationException.class, () -> Traces.header(1024, 4096, 64, 1 << 16))
            .getMessage().contains("entries of a step"));
    }

    @Test
    void shouldTakeAsLabelsOnlyWhatCanBePrinted() {
        for (final String label : List.of("code", "a b", "\u4e2d\u6587", "x".repeat(64))) {
            assertTrue(TraceLimits.isLabel(label), label);
        }
        for (final String label : List.of("", " ", " a", "a ", "a\nb", "\u001b[2J", "x".repeat(65), "\u202ex",
            "\ud800", "\u4e2d".repeat(22))) {
            assertFalse(TraceLimits.isLabel(label), label);
        }
    }

    @Test
    void shouldEndATraceThatSomebodyElseBegan() {
        final TraceHeader header = Traces.header(2, 8, 2, 4);
        final byte[] whole = Traces.encoded(header, Traces.steps(header, new SplittableRandom(3), 5));
        final TraceReader reader = Traces.reader(whole);
        final TraceStep step = new TraceStep(header);
        for (int i = 0; i < 3; i++) {
            assertTrue(reader.next(step));
        }
        final ByteBuffer end = TraceEncoder.endOf(new TraceEnd(reader.steps(), reader.rows(), 0,
            TraceEnd.Reason.CUT_OFF));
        final int kept = reader.blockEnd();
        final byte[] mended = new byte[kept + end.remaining()];
        System.arraycopy(whole, 0, mended, 0, kept);
        end.get(mended, kept, end.remaining());
        final TraceReader again = Traces.reader(mended);
        assertEquals(3, Traces.read(again).size());
        assertEquals(TraceEnd.Reason.CUT_OFF, again.end().reason());
    }
}
