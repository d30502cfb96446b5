package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.NumericsId;
import dev.convoke.transport.FrameWriter;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.MessageHeaderEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a host says to frames it cannot serve, and that it goes on serving others. */
class ExpertHostRefusalTest {
    private static final ExpertId MISSING = new ExpertId(1, 3);
    private static final long PART_WAIT_NS = 1_000_000;

    private final RandomModel model = new RandomModel(7);
    private final List<WireRow> rows = List.of(new WireRow(0, new float[RandomModel.HIDDEN], 0, 2),
        new WireRow(1, new float[RandomModel.HIDDEN], 2));
    private HostFixture fixture;
    private DecoderSide decoder;

    @BeforeEach
    void start() {
        final List<ExpertId> held = new ArrayList<>(RandomModel.allExperts());
        held.remove(MISSING);
        fixture = HostFixture.with(model, held, DType.F32, context -> { });
        decoder = fixture.connect(1);
    }

    @AfterEach
    void stop() {
        fixture.close();
        model.close();
    }

    private void assertRefused(final ErrorCode code, final String... fragments) {
        fixture.settle();
        final DecoderSide.Refusal refusal = decoder.refusal();
        assertEquals(code, refusal.code());
        for (final String fragment : fragments) {
            assertTrue(refusal.text().contains(fragment), refusal::text);
        }
        assertTrue(refusal.text().startsWith("Expert host 0000000000abcdef "), refusal::text);
        assertEquals(1, fixture.counters.value("expert_host_refusals"));
        assertEquals(1, fixture.warnings.size(), fixture.warnings::toString);
        assertTrue(fixture.warnings.getFirst().endsWith(refusal.text()), fixture.warnings::getFirst);
        assertTrue(decoder.results.isEmpty());
        assertOthersAreServed();
    }

    private void assertOthersAreServed() {
        final DecoderSide other = fixture.connect(2);
        other.dispatch(77, rows);
        fixture.settle();
        assertEquals(3, other.results.size());
        assertTrue(other.refusals.isEmpty());
    }

    @Test
    void shouldRefuseAnotherModel() {
        decoder.identity.modelFingerprint(0xBAD).attempt(2).part(3, 4);
        decoder.dispatch(5, rows);
        assertRefused(ErrorCode.WRONG_MODEL, "serves model 000000005eedf00d", "asks for 0000000000000bad");
        assertEquals(new DecoderSide.Refusal(ErrorCode.WRONG_MODEL, 5, 2, 3, decoder.refusal().text()),
            decoder.refusal());
        assertEquals(1, fixture.counters.labelled("reason", "wrong_model").value("expert_host_frames_refused"));
    }

    @Test
    void shouldRefuseAnotherModelInHello() {
        decoder.identity.modelFingerprint(0xBAD);
        decoder.hello();
        assertRefused(ErrorCode.WRONG_MODEL, "serves model 000000005eedf00d");
        assertTrue(decoder.welcomes.isEmpty());
    }

    @Test
    void shouldRefuseOtherNumerics() {
        decoder.identity.numericsId(9);
        decoder.dispatch(5, rows);
        assertRefused(ErrorCode.WRONG_NUMERICS, "computes canonical-1", "asked for unknown-9",
            "--accept-numerics canonical-1");
        assertEquals(NumericsId.CANONICAL_1.value(), decoder.refusersNumerics);
    }

    @Test
    void shouldRefuseTheOtherOperandType() {
        decoder.identity.dtype(DType.BF16);
        decoder.dispatch(5, rows);
        assertRefused(ErrorCode.WRONG_OPERAND_TYPE, "computes in f32", "the decoder in bf16");
    }

    @Test
    void shouldRefuseAnotherHiddenSize() {
        decoder.hiddenSize = RandomModel.HIDDEN - 1;
        decoder.dispatch(5, rows);
        assertRefused(ErrorCode.MALFORMED, "rows of 72 elements", "says 71");
    }

    @Test
    void shouldRefuseAnotherHiddenSizeInHello() {
        decoder.hiddenSize = 4096;
        decoder.hello();
        assertRefused(ErrorCode.MALFORMED, "rows of 72 elements", "says 4096");
    }

    @Test
    void shouldRefuseAnotherVersion() {
        final int length = decoder.encode(rows);
        new MessageHeaderEncoder().wrap(decoder.buffer(), 0).version(0);
        decoder.send(length);
        assertRefused(ErrorCode.WRONG_VERSION, "speaks protocol version " + MessageHeaderEncoder.SCHEMA_VERSION,
            "the decoder version 0");
    }

    @Test
    void shouldRefuseAnExpertItDoesNotHold() {
        decoder.identity.layer(MISSING.layer());
        decoder.dispatch(5, List.of(new WireRow(0, new float[RandomModel.HIDDEN], 2, MISSING.index())));
        assertRefused(ErrorCode.EXPERT_NOT_LOADED, "does not hold layer 1 expert 3");
    }

    @Test
    void shouldRefuseALayerThatDoesNotExist() {
        decoder.identity.layer(65_000);
        decoder.dispatch(5, rows);
        assertRefused(ErrorCode.EXPERT_NOT_LOADED, "does not hold layer 65000 expert 0");
    }

    @Test
    void shouldDropADispatchThatAsksForNothing() {
        decoder.identity.layer(65_000);
        decoder.dispatch(5, List.of(new WireRow(0, new float[RandomModel.HIDDEN])));
        fixture.settle();
        decoder.assertNothingCame();
        assertEquals(1, fixture.counters.value("expert_host_frames_malformed"));
        assertOthersAreServed();
    }

    @Test
    void shouldWelcomeADecoderAndListItsExperts() {
        decoder.hello();
        fixture.settle();
        assertEquals(List.of(new DecoderSide.Welcome(0, 1, HostFixture.HOST_ID, fixture.bank.experts())),
            decoder.welcomes);
        assertEquals(1, fixture.counters.value("expert_host_hellos"));
    }

    @Test
    void shouldDropFramesThatHostsDoNotTake() {
        decoder.send(new FrameWriter().refusal(decoder.buffer(), 0, decoder.identity, 1, 1, ErrorCode.DRAINING,
            new byte[0]));
        decoder.send(new FrameWriter().welcome(decoder.buffer(), 0, decoder.identity, 1, 0, List.of()));
        fixture.settle();
        decoder.assertNothingCame();
        assertEquals(2, fixture.counters.value("expert_host_frames_unexpected"));
        assertEquals(List.of("Frames dropped because hosts do not take their kind: 2 more, 2 in all."),
            fixture.warnings);
        assertOthersAreServed();
    }

    @Test
    void shouldSurviveGarbageAndDamagedFrames() {
        final long seed = Long.getLong("convoke.seed", System.nanoTime());
        System.out.println("ExpertHostRefusalTest seed " + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 2_000; i++) {
            int length = decoder.encode(rows);
            for (int damage = random.nextInt(4); damage >= 0; damage--) {
                decoder.buffer().putByte(random.nextInt(random.nextBoolean() ? 80 : length), (byte)random.nextInt());
            }
            if (random.nextInt(4) == 0) {
                length = 1 + random.nextInt(length);
            }
            decoder.send(length);
            fixture.host.doWork();
            decoder.buffer().setMemory(0, 1024, (byte)0);
            decoder.drop();
        }
        assertTrue(fixture.counters.value("expert_host_frames_malformed") > 100);
        assertTrue(fixture.counters.labelled("reason", "wrong_model").value("expert_host_frames_refused") > 10);
        assertTrue(fixture.warnings.size() <= 10, fixture.warnings::toString);
        // A damaged frame may announce parts that never come; they are waited for no longer than this.
        fixture.nowNs += PART_WAIT_NS;
        assertOthersAreServed();
    }

    @Test
    void shouldWarnOnceAnIntervalAndRefuseNoFasterThanAllowed() {
        decoder.identity.modelFingerprint(0xBAD);
        sendHellos(40);
        assertEquals(16, decoder.refusals.size());
        assertEquals(24, fixture.counters.value("expert_host_replies_suppressed"));
        assertEquals(40, fixture.counters.labelled("reason", "wrong_model").value("expert_host_frames_refused"));
        assertEquals(1, fixture.warnings.size());

        fixture.nowNs += TimeUnit.MILLISECONDS.toNanos(50);
        sendHellos(40);
        assertEquals(16 + 5, decoder.refusals.size());
        assertEquals(1, fixture.warnings.size());

        fixture.nowNs += TimeUnit.SECONDS.toNanos(10);
        sendHellos(40);
        assertEquals(16 + 5 + 16, decoder.refusals.size());
        assertEquals(2, fixture.warnings.size());
        assertOthersAreServed();
    }

    private void sendHellos(final int count) {
        for (int i = 0; i < count; i++) {
            decoder.hello();
            fixture.host.doWork();
            decoder.poll();
        }
    }

    @Test
    void shouldSplitItsListOfExpertsOverSeveralWelcomesWhenOneFrameIsTooSmall() {
        try (ManyExpertsModel many = new ManyExpertsModel();
            HostFixture large = HostFixture.with(many, many.allExperts(), DType.F32, context -> { })) {
            final DecoderSide asking = large.connect(3);
            asking.hello();
            large.settle();
            final int perFrame = FrameWriter.expertsPerWelcome(HostFixture.FRAME_BYTES);
            final int parts = (many.allExperts().size() + perFrame - 1) / perFrame;
            assertTrue(parts > 8, () -> parts + " parts fit into the ring at once");
            assertEquals(IntStream.range(0, parts).boxed().toList(),
                asking.welcomes.stream().map(DecoderSide.Welcome::part).toList());
            assertTrue(asking.welcomes.stream().allMatch(welcome -> welcome.parts() == parts));
            assertEquals(many.allExperts(),
                asking.welcomes.stream().flatMap(welcome -> welcome.experts().stream()).toList());
        }
    }
}
