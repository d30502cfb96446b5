package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import dev.convoke.core.Alarm;
import dev.convoke.core.DType;
import dev.convoke.transport.codec.IdentityEncoder;
import dev.convoke.transport.codec.MessageHeaderEncoder;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Serving dispatches allocates nothing: the budget is 0 bytes for {@value #CYCLES} duty cycles in a row. Until the
 * compiler is through, and when it changes its mind, there are stretches that do; code that allocates has no other.
 * The kernels are scalar: what is measured is the service around them.
 */
class ExpertHostAllocationTest {
    private static final int CYCLES = 100;
    private static final int MAX_STRETCHES = 60;
    private static final int MIXTURES = 8;

    private static final int EXCHANGE_ID =
        MessageHeaderEncoder.ENCODED_LENGTH + IdentityEncoder.exchangeIdEncodingOffset();

    private final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
    private final SplittableRandom random = new SplittableRandom(11);
    private long exchanges;

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "BF16"})
    void shouldAllocateNothingOnceWarm(final DType dtype) {
        assertAllocatesNothing(dtype, Pace.REAL);
    }

    @Test
    void shouldAllocateNothingWhenPaced() {
        assertAllocatesNothing(DType.BF16, new Pace(1, 0, 0, 0));
    }

    private void assertAllocatesNothing(final DType dtype, final Pace pace) {
        try (RandomModel model = new RandomModel(11);
            HostFixture fixture = HostFixture.with(model, RandomModel.allExperts(), dtype,
                context -> context.computeRows(16).pace(pace).alarm(new Alarm()))) {
            final List<DecoderSide> decoders = List.of(fixture.connect(1), fixture.connect(2), fixture.connect(3));
            final List<byte[]> frames = mixture(decoders.getFirst());
            long least = Long.MAX_VALUE;
            int stretches = 0;
            while (least > 0 && stretches < MAX_STRETCHES) {
                least = Math.min(least, serve(fixture, decoders, frames));
                stretches++;
            }
            assertEquals(0, least);
            assertEquals(3L * stretches * CYCLES, fixture.counters.value("expert_host_dispatches"));
        }
    }

    /** Frames of one to six rows, each for one to three experts, some scaled, of every layer. */
    private List<byte[]> mixture(final DecoderSide decoder) {
        final List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < MIXTURES; i++) {
            final List<WireRow> rows = new ArrayList<>();
            for (int row = random.nextInt(6); row >= 0; row--) {
                final int[] experts =
                    random.ints(0, RandomModel.EXPERTS).distinct().limit(1 + random.nextInt(3)).toArray();
                rows.add(new WireRow(row, WireRow.randomValues(random, RandomModel.HIDDEN), experts,
                    i % 4 == 3 ? 0.5f : Float.NaN));
            }
            decoder.identity.layer(i % RandomModel.LAYERS);
            decoder.answerCopies = 1 + i % 3;
            final byte[] frame = new byte[decoder.encode(rows)];
            decoder.buffer().getBytes(0, frame);
            frames.add(frame);
        }
        return frames;
    }

    /** Returns the bytes that duty cycles allocated. */
    private long serve(final HostFixture fixture, final List<DecoderSide> decoders, final List<byte[]> frames) {
        long allocated = 0;
        for (int cycle = 0; cycle < CYCLES; cycle++) {
            for (int i = 0; i < decoders.size(); i++) {
                final byte[] frame = frames.get((cycle + i) % frames.size());
                decoders.get(i).buffer().putBytes(0, frame);
                decoders.get(i).buffer().putLong(EXCHANGE_ID, ++exchanges, ByteOrder.LITTLE_ENDIAN);
                decoders.get(i).send(frame.length);
            }
            final long before = threads.getCurrentThreadAllocatedBytes();
            for (int work = 1; work > 0;) {
                work = fixture.host.doWork();
                fixture.nowNs++;
            }
            allocated += threads.getCurrentThreadAllocatedBytes() - before;
            decoders.forEach(DecoderSide::drop);
        }
        return allocated;
    }
}
