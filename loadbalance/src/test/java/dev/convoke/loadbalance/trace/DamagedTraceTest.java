package dev.convoke.loadbalance.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Whatever happens to a trace's bytes, reading it says so in a sentence, or gives what can be relied on. */
class DamagedTraceTest {
    private static final int DAMAGES = 20_000;

    private static byte[][] someTraces(final SplittableRandom random) {
        final byte[][] traces = new byte[100][];
        for (int i = 0; i < traces.length; i++) {
            final TraceHeader header = Traces.header(random);
            traces[i] = Traces.encoded(header, Traces.steps(header, random, 1 + random.nextInt(6)));
        }
        return traces;
    }

    private static void assertSaysWhere(final TraceException e) {
        assertTrue(e.getMessage().matches("some\\.trace .*offset \\d+.*[.]"), e.getMessage());
        assertTrue(e.getMessage().contains("; "), e.getMessage());
    }

    @Test
    void shouldNoticeEveryDamage() {
        final SplittableRandom random = Seeds.random("DamagedTraceTest");
        final byte[][] traces = someTraces(random);
        for (int i = 0; i < DAMAGES; i++) {
            final byte[] whole = traces[i % traces.length];
            final byte[] damaged = damage(whole, random);
            if (!Arrays.equals(whole, damaged)) {
                assertSaysWhere(assertThrows(TraceException.class, () -> Traces.read(Traces.reader(damaged))));
            }
        }
    }

    private static byte[] damage(final byte[] whole, final SplittableRandom random) {
        final int at = random.nextInt(whole.length);
        switch (random.nextInt(4)) {
            case 0 -> {
                return Arrays.copyOf(whole, at);
            }
            case 1 -> {
                final byte[] longer = Arrays.copyOf(whole, whole.length + 1);
                System.arraycopy(whole, at, longer, at + 1, whole.length - at);
                longer[at] = (byte)random.nextInt();
                return longer;
            }
            case 2 -> {
                final byte[] shorter = Arrays.copyOf(whole, whole.length - 1);
                System.arraycopy(whole, at + 1, shorter, at, shorter.length - at);
                return shorter;
            }
            default -> {
                final byte[] changed = whole.clone();
                for (int n = 1 + random.nextInt(4); n > 0; n--) {
                    changed[random.nextInt(whole.length)] ^= (byte)(1 << random.nextInt(8));
                }
                return changed;
            }
        }
    }

    /** Somebody who knows how checksums are made cannot make the reader fail otherwise, or give what is no route. */
    @Test
    void shouldCheckWhatChecksumsVouchFor() {
        final SplittableRandom random = Seeds.random("DamagedTraceTest with checksums");
        final byte[][] traces = someTraces(random);
        int refused = 0;
        for (int i = 0; i < DAMAGES; i++) {
            final byte[] forged = traces[i % traces.length].clone();
            final int[][] pieces = pieces(forged);
            final int[] piece = pieces[random.nextInt(pieces.length)];
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                forged[piece[0] + random.nextInt(piece[1])] = (byte)random.nextInt(256);
            }
            seal(forged, piece);
            try {
                final TraceReader reader = Traces.reader(forged);
                Traces.read(reader).forEach(step -> assertIsRoute(step, reader));
            } catch (final TraceException e) {
                assertSaysWhere(e);
                refused++;
            }
        }
        assertTrue(refused > DAMAGES / 4, refused + " refused");
    }

    private static void assertIsRoute(final Traces.Step step, final TraceReader reader) {
        assertTrue(step.number() >= 0 && step.timeUs() >= 0);
        assertTrue(step.rows() > 0 && step.rows() <= reader.header().mostRows());
        for (final Traces.Run run : step.runs()) {
            assertTrue(run.sequence() >= 0 && run.position() >= 0 && run.rows() > 0);
            assertTrue(run.label() >= 0 && run.label() < reader.labels().size());
        }
        for (final int[][] layer : step.experts()) {
            for (int row = 0; layer != null && row < layer.length; row++) {
                assertEquals(reader.header().topK(), Arrays.stream(layer[row]).distinct()
                    .filter(expert -> expert >= 0 && expert < reader.header().experts()).count());
            }
        }
    }

    /** Offset and length of the header and of each block, without their checksums. */
    private static int[][] pieces(final byte[] trace) {
        final ByteBuffer bytes = ByteBuffer.wrap(trace).order(ByteOrder.LITTLE_ENDIAN);
        final List<int[]> pieces = new ArrayList<>();
        pieces.add(new int[]{0, bytes.getShort(10) - Integer.BYTES});
        for (int at = bytes.getShort(10); at < trace.length;) {
            final int length = 5 + bytes.getInt(at + 1);
            pieces.add(new int[]{at, length});
            at += length + Integer.BYTES;
        }
        return pieces.toArray(int[][]::new);
    }

    private static void seal(final byte[] trace, final int... piece) {
        final CRC32C checksum = new CRC32C();
        checksum.update(trace, piece[0], piece[1]);
        ByteBuffer.wrap(trace).order(ByteOrder.LITTLE_ENDIAN).putInt(piece[0] + piece[1], (int)checksum.getValue());
    }

    @Test
    void shouldNameTheTraceAndTheOffset() {
        final TraceHeader header = Traces.header(2, 8, 2, 4);
        final byte[] whole = Traces.encoded(header, Traces.steps(header, new SplittableRandom(5), 3));
        assertEquals("some.trace is not a routing trace: it does not begin with CVKROUTE at offset 0; make one with "
            + "convoke placement record.", refusal("PK\u0003\u0004, a zip archive".getBytes()));
        assertEquals("some.trace ends at offset " + (whole.length - 3) + " in the middle of what begins at offset "
            + (whole.length - 34) + "; record it again.", refusal(Arrays.copyOf(whole, whole.length - 3)));
        assertEquals("some.trace is damaged at offset " + whole.length + ": 1 bytes follow its end; record it again.",
            refusal(Arrays.copyOf(whole, whole.length + 1)));
        final byte[] newer = whole.clone();
        newer[8] = 2;
        assertEquals("some.trace is a routing trace of version 2 (offset 8), and this Convoke reads version 1; use the "
            + "Convoke that recorded it.", refusal(newer));
    }

    private static String refusal(final byte... bytes) {
        return assertThrows(TraceException.class, () -> Traces.read(Traces.reader(bytes))).getMessage();
    }
}
