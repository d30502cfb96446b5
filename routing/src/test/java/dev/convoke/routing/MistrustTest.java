package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.routing.ScriptedHost.Asked;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.MessageHeaderEncoder;
import dev.convoke.transport.codec.OperandType;
import dev.convoke.transport.codec.RefusalEncoder;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hosts of another model or version, and hosts that send what nobody asked for. */
@Timeout(20)
class MistrustTest {
    private static final int HIDDEN = 24;

    private final SplittableRandom random = new SplittableRandom(13);
    private RoutingRig rig;
    private ScriptedHost host;
    private ExchangeHandle handle;
    private RoutingPlan plan;
    private RowBuffer rows;

    @BeforeEach
    void open() {
        rig = new RoutingRig(RoutingRig.model(DType.F32, HIDDEN), 2);
        host = rig.hosts.get(1);
        handle = rig.handle();
        plan = rig.randomPlan(random, 16);
        rows = rig.randomRows(random);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void shouldNameBothSidesWhenAHostServesAnotherModel() {
        host.refuseHello = ErrorCode.WRONG_MODEL;
        rig.pollUntil(() -> rig.counters.value("routing_refusals") > 0);
        assertFalse(rig.service.isReady());
        assertEquals("Expert host host-1 refuses (wrong model): this decoder serves model 000000000000abcd; start the"
            + " host with the same model directory. It says: \"because of the test\"",
            rig.service.notReadyReason());
        rig.service.dispatch(0, plan, rows, handle);
        assertEquals(ExchangeOutcome.REFUSED, rig.service.await(handle));
        assertTrue(handle.failure().contains("layer 0") && handle.failure().contains("(wrong model)"),
            handle.failure());
        assertTrue(host.dispatches.isEmpty(), "rows go to no host that refused");
        assertEquals(1, rig.counters.value("routing_exchanges_refused"));
    }

    @Test
    void shouldTakeAHostThatWasRestartedWithTheRightModel() {
        host.refuseHello = ErrorCode.WRONG_MODEL;
        rig.pollUntil(() -> rig.counters.value("routing_refusals") > 0);
        host.refuseHello = ErrorCode.NONE;
        rig.ready();
        assertExchangeCompletes();
    }

    @Test
    void shouldNameBothVersionsWhenAHostSpeaksAnotherOne() {
        final UnsafeBuffer frame = new UnsafeBuffer(new byte[64]);
        new MessageHeaderEncoder().wrap(frame, 0).blockLength(8).templateId(4)
            .schemaId(MessageHeaderEncoder.SCHEMA_ID).version(RefusalEncoder.SCHEMA_VERSION + 4);
        rig.service.poll();
        host.deaf = true;
        rig.pollUntil(() -> rig.service.notReadyReason().contains("host-1 is connected"));
        host.send(frame, 64);
        rig.pollUntil(() -> rig.counters.value("routing_frames_wrong_version") > 0);
        assertTrue(rig.service.notReadyReason().contains("Expert host host-1 refuses (wrong version): it speaks"
            + " protocol version 9 and this decoder version 5; run the same release on both."),
            rig.service.notReadyReason());
    }

    @Test
    void shouldDropGarbageAndGoOn() {
        rig.ready();
        for (int i = 0; i < 500; i++) {
            final byte[] bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
            host.send(new UnsafeBuffer(bytes), bytes.length);
            assertExchangeCompletes();
        }
        assertEquals(500, rig.counters.value("routing_frames_malformed"));
    }

    @Test
    void shouldNotTakeARandomVersionForAnUpdateOfAReadyHost() {
        rig.ready();
        final UnsafeBuffer frame = new UnsafeBuffer(new byte[64]);
        new MessageHeaderEncoder().wrap(frame, 0).schemaId(MessageHeaderEncoder.SCHEMA_ID).version(9);
        host.send(frame, 64);
        rig.pollUntil(() -> rig.counters.value("routing_frames_wrong_version") > 0);
        assertExchangeCompletes();
    }

    @Test
    void shouldDropResultsThatNobodyAskedThisHostFor() {
        rig.ready();
        host.withheldResults = Integer.MAX_VALUE;
        rig.service.dispatch(0, plan, rows, handle);
        rig.service.poll();
        final FrameIdentity identity = host.dispatches.getFirst();
        final Asked real = host.asked.getFirst();
        final Asked others = rig.hosts.getFirst().asked.getFirst();
        lie(identity, new Asked(0, plan.rows(), 0, real.expert(), 0));
        lie(identity, new Asked(0, real.row(), 2, real.expert(), 0));
        lie(identity, new Asked(0, 65_000, 250, real.expert(), 0));
        lie(identity, new Asked(0, real.row(), real.slot(), real.expert() ^ 1, 0));
        lie(identity, others);
        rig.pollUntil(() -> rig.counters.value("routing_results_foreign") == 5);
        host.withheldResults = 0;
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
        rig.assertAnswered(0, plan, rows, handle);
    }

    @Test
    void shouldDropAnswersOfAnotherIdentity() {
        rig.ready();
        host.withheldResults = Integer.MAX_VALUE;
        rig.service.dispatch(0, plan, rows, handle);
        rig.service.poll();
        final List<Consumer<FrameIdentity>> forgeries = List.of(
            identity -> identity.decoderId(identity.decoderId() + 1),
            identity -> identity.incarnation(identity.incarnation() - 1),
            identity -> identity.modelFingerprint(1),
            identity -> identity.numericsId(2),
            identity -> identity.layer(1));
        for (final Consumer<FrameIdentity> forgery : forgeries) {
            final FrameIdentity identity = new FrameIdentity().copyFrom(host.dispatches.getFirst());
            forgery.accept(identity);
            lie(identity, host.asked.getFirst());
        }
        final FrameIdentity bf16 = new FrameIdentity().copyFrom(host.dispatches.getFirst())
            .operandType(OperandType.BF16);
        host.sendResults(bf16, List.of(host.asked.getFirst()), new byte[HIDDEN * 2], HIDDEN);
        host.sendResults(host.dispatches.getFirst(), List.of(host.asked.getFirst()), new byte[HIDDEN * 2], HIDDEN / 2);
        rig.pollUntil(() -> rig.counters.value("routing_answers_foreign") == 7);
        lie(new FrameIdentity().copyFrom(host.dispatches.getFirst()).exchangeId(99), host.asked.getFirst());
        rig.pollUntil(() -> rig.counters.value("routing_answers_stale") == 1);
        host.withheldResults = 0;
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
        rig.assertAnswered(0, plan, rows, handle);
    }

    @Test
    void shouldNotBelieveARefusalOfAFrameThatWasDamaged() {
        rig.ready();
        host.withheldResults = Integer.MAX_VALUE;
        rig.service.dispatch(0, plan, rows, handle);
        rig.service.poll();
        host.refuse(new FrameIdentity().copyFrom(host.dispatches.getFirst()).modelFingerprint(1),
            ErrorCode.WRONG_MODEL);
        rig.pollUntil(() -> rig.counters.value("routing_answers_foreign") == 1);
        host.withheldResults = 0;
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
    }

    @Test
    void shouldSayThatAHostLacksAnExpert() {
        rig.ready();
        host.refuseDispatch = ErrorCode.EXPERT_NOT_LOADED;
        rig.service.dispatch(1, plan, rows, handle);
        assertEquals(ExchangeOutcome.TIMED_OUT, rig.service.await(handle));
        assertTrue(handle.failure().contains("expert host host-1 does not compute its experts; give it those that the"
            + " placement puts on it."), handle.failure());
        assertTrue(host.dispatches.size() < 12, "asked now and then: " + host.dispatches.size());
        host.refuseDispatch = ErrorCode.NONE;
        rig.ready();
        assertExchangeCompletes();
    }

    @Test
    void shouldGoOnWhenAHostHasGotTheExpertsThatItLacked() {
        rig.ready();
        host.refuseDispatch = ErrorCode.EXPERT_NOT_LOADED;
        rig.service.dispatch(1, plan, rows, handle);
        rig.pollUntil(() -> host.dispatches.size() == 3);
        host.refuseDispatch = ErrorCode.NONE;
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
        rig.assertAnswered(1, plan, rows, handle);
    }

    @Test
    void shouldWaitForTheSuccessorOfAHostThatDrains() {
        rig.ready();
        host.refuseDispatch = ErrorCode.DRAINING;
        rig.service.dispatch(0, plan, rows, handle);
        rig.pollUntil(() -> rig.service.notReadyReason().contains("(draining)"));
        assertEquals(1, host.dispatches.size(), "not asked again");
        host.close();
        final ScriptedHost successor = rig.bind(1);
        successor.hostId = 2;
        rig.hosts.set(1, successor);
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle), handle::failure);
        rig.assertAnswered(0, plan, rows, handle);
    }

    @Test
    void shouldSayWhichHostDrainedWhenNoneTookItsPlace() {
        rig.ready();
        host.refuseHello = ErrorCode.DRAINING;
        host.refuseDispatch = ErrorCode.DRAINING;
        rig.service.dispatch(0, plan, rows, handle);
        assertEquals(ExchangeOutcome.TIMED_OUT, rig.service.await(handle));
        assertTrue(handle.failure().contains("host-1") && handle.failure().contains("(draining)"), handle.failure());
        assertEquals(1, host.dispatches.size());
    }

    @Test
    void shouldAskAgainWhenAHostCouldNotReadAFrame() {
        rig.ready();
        host.refuseDispatch = ErrorCode.MALFORMED;
        rig.service.dispatch(0, plan, rows, handle);
        rig.pollUntil(() -> rig.counters.value("routing_refusals") == 2);
        host.refuseDispatch = ErrorCode.NONE;
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
        rig.assertAnswered(0, plan, rows, handle);
    }

    private void lie(final FrameIdentity identity, final Asked result) {
        host.sendResults(identity, List.of(result), new byte[HIDDEN * Float.BYTES], HIDDEN);
    }

    private void assertExchangeCompletes() {
        rig.service.dispatch(0, plan, rows, handle);
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle), handle::failure);
        rig.assertAnswered(0, plan, rows, handle);
    }
}
