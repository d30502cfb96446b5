package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.ExpertChecksum;
import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.NumericsId;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.faults.FaultInjectingExchange;
import dev.convoke.transport.faults.FaultPlan;
import dev.convoke.transport.faults.Faults;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.agrona.concurrent.IdleStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A host without a checkpoint has experts from one that has it. */
@Timeout(60)
class PeerCheckpointTest {
    private static final ExpertId EXPERT = new ExpertId(2, 5);

    private final long seed = Long.getLong("convoke.seed", System.nanoTime());
    private final RandomModel model = new RandomModel(3);
    private final ExpertLoader loader = new ExpertLoader(model, HostFixture.backend("scalar"), DType.BF16,
        Long.MAX_VALUE);
    private final HostFixture source = HostFixture.with(model, List.of(), DType.BF16,
        context -> context.loader(loader).refusalsPerSecond(100_000));
    private List<String> sources = List.of("host");

    @AfterEach
    void close() {
        source.close();
        loader.close();
        model.close();
    }

    private PeerCheckpoint checkpoint(final long fingerprint, final UnaryOperator<ExpertExchange> wrapper) {
        return new PeerCheckpoint(Path.of("nowhere"), model.configuration(), new FrameIdentity()
            .modelFingerprint(fingerprint).numericsId(NumericsId.INT8_1.value()).dtype(DType.BF16).decoderId(5),
            source.port(List.of(ExpertExchange.NOBODY), wrapper), () -> sources, () -> source.nowNs, new HostTurns());
    }

    private PeerCheckpoint checkpoint() {
        return checkpoint(model.fingerprint().value(), UnaryOperator.identity());
    }

    /** The source has its turn whenever the other waits, and so has its loader, whose thread keeps to real time. */
    private final class HostTurns implements IdleStrategy {
        @Override
        public void idle(final int work) {
            source.host.doWork();
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(20));
            source.nowNs += TimeUnit.MICROSECONDS.toNanos(200);
        }

        @Override
        public void idle() {
            idle(0);
        }

        @Override
        public void reset() {
        }
    }

    private static String refusal(final PeerCheckpoint checkpoint) {
        return assertThrows(CheckpointException.class, () -> checkpoint.expert(EXPERT)).getMessage();
    }

    @Test
    void shouldHaveTheSameBytesInManyPieces() {
        try (PeerCheckpoint checkpoint = checkpoint()) {
            for (final ExpertId expert : List.of(EXPERT, new ExpertId(0, 0), EXPERT)) {
                assertEquals(ExpertChecksum.of(model.expert(expert)), ExpertChecksum.of(checkpoint.expert(expert)));
            }
            assertEquals(model.fingerprint(), checkpoint.fingerprint());
            assertTrue(source.counters.value("expert_host_expert_pieces") > 3);
        }
    }

    @Test
    void shouldTellTypesFromOnePiece() {
        try (PeerCheckpoint checkpoint = checkpoint()) {
            assertEquals(model.expertTypes(), checkpoint.expertTypes());
            assertEquals(model.ownPrecision(), checkpoint.ownPrecision());
            assertEquals(1, source.counters.value("expert_host_expert_pieces"));
        }
    }

    @Test
    void shouldBearLostRepeatedAndLateFrames() {
        final Faults faults = Faults.NONE.withLoss(0.2).withDuplication(0.2)
            .withDelay(0.2, TimeUnit.MILLISECONDS.toNanos(300));
        final UnaryOperator<ExpertExchange> wrapper = exchange -> new FaultInjectingExchange(exchange,
            FaultPlan.always(faults), seed, () -> source.nowNs, new Counters());
        try (PeerCheckpoint checkpoint = checkpoint(model.fingerprint().value(), wrapper)) {
            assertEquals(ExpertChecksum.of(model.expert(EXPERT)), ExpertChecksum.of(checkpoint.expert(EXPERT)),
                "seed " + seed);
        }
    }

    @Test
    void shouldTryOneSourceAfterTheOther() {
        sources = List.of("gone", "host");
        try (PeerCheckpoint checkpoint = checkpoint()) {
            assertEquals(ExpertChecksum.of(model.expert(EXPERT)), ExpertChecksum.of(checkpoint.expert(EXPERT)));
        }
    }

    @Test
    void shouldSayWhyAnExpertCannotBeHad() {
        try (PeerCheckpoint checkpoint = checkpoint()) {
            sources = List.of();
            assertTrue(refusal(checkpoint).endsWith("there is none now"));
            sources = List.of("gone");
            assertTrue(refusal(checkpoint).endsWith("expert host gone cannot be reached."));
            assertThrows(CheckpointException.class, () -> checkpoint.tensor("model.norm.weight", 16));
            assertThrows(IllegalArgumentException.class, () -> checkpoint.expert(new ExpertId(99, 0)));
        }
        try (PeerCheckpoint checkpoint = checkpoint(1, UnaryOperator.identity())) {
            sources = List.of("host");
            assertTrue(refusal(checkpoint).contains("serves model"), refusal(checkpoint));
        }
    }
}
