package dev.convoke.server.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.AcceptedNumerics;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.core.NamedServices;
import dev.convoke.core.NumericsId;
import dev.convoke.loadbalance.Placement;
import dev.convoke.routing.RoutedModel;
import dev.convoke.server.DecoderReport;
import dev.convoke.server.Deployment;
import dev.convoke.server.HostAnswer;
import dev.convoke.server.HostDeclaration;
import dev.convoke.server.ModelIdentity;
import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.FrameWriter;
import dev.convoke.transport.HostHoldings;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.ExpertState;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.StatusRequestDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What hosts that register are told, and what becomes of those that do not tell the truth. */
@Timeout(60)
class CoordinatorAgentTest {
    private static final RoutedModel MODEL =
        new RoutedModel(new ModelFingerprint(7), NumericsId.CANONICAL_1, DType.BF16, 1, 4, 2, 16);
    private static final ModelIdentity IDENTITY = ModelIdentity.of(MODEL);
    private static final NumericsId CUDA = NumericsId.cuda(90, 1);
    private static final int ROOM = 8;

    private final ExpertExchange exchange = NamedServices.named(ExpertExchangeProvider.class, "in-process")
        .open(context());
    private final Map<String, Host> hosts = new LinkedHashMap<>();
    private long nowNs = TimeUnit.SECONDS.toNanos(1);
    private Deployment published;
    private final CoordinatorAgent agent = agent();

    /** Answers the coordinator's questions. */
    private final class Host {
        private final FramePort port;
        private final long id;
        private int numericsId = NumericsId.CANONICAL_1.value();
        /** Always computes something else than it was asked for. */
        private boolean isFickle;
        private final ErrorCode refusal;
        /** Numerics that it was asked for. */
        private final List<Integer> asked = new ArrayList<>();
        private final FrameWriter writer = new FrameWriter();
        private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        private final MessageHeaderDecoder header = new MessageHeaderDecoder();
        private final StatusRequestDecoder request = new StatusRequestDecoder();

        Host(final String address, final long id, final ErrorCode refusal) {
            port = exchange.bind(address);
            this.id = id;
            this.refusal = refusal;
        }

        void poll() {
            port.poll((peer, frame, offset, length) -> {
                if (header.wrap(frame, offset).templateId() == StatusRequestDecoder.TEMPLATE_ID) {
                    final FrameIdentity identity = new FrameIdentity().readFrom(
                        request.wrapAndApplyHeader(new UnsafeBuffer(frame), offset, header).identity());
                    asked.add(identity.numericsId());
                    if (isFickle) {
                        numericsId = identity.numericsId() == CUDA.value() ? NumericsId.CANONICAL_1.value()
                            : CUDA.value();
                    }
                    final ErrorCode refusal = identity.numericsId() == numericsId ? this.refusal
                        : ErrorCode.WRONG_NUMERICS;
                    port.offer(peer, buffer, 0, refusal == ErrorCode.NONE
                        ? writer.hostStatus(buffer, 0, identity, id, new HostHoldings(1, ROOM, 0, 1,
                        Map.<ExpertId, ExpertState>of(), ""))
                        : writer.refusal(buffer, 0, identity, id, numericsId, refusal,
                        FrameWriter.text("It is another model.")));
                }
            }, 10);
        }
    }

    private static ExchangeContext context() {
        final ExchangeContext context = new ExchangeContext();
        context.conclude();
        return context;
    }

    private CoordinatorAgent agent() {
        final List<String> nobody = List.of(ExpertExchange.NOBODY, ExpertExchange.NOBODY);
        final CoordinatorContext context = new CoordinatorContext().port(exchange.connect(nobody))
            .hostAddresses(nobody).model(MODEL).placement(new Placement(1, 1, 4, 2, new int[][] {{0}, {0}, {0}, {0}}))
            .numerics(AcceptedNumerics.of(NumericsId.CANONICAL_1, List.of(CUDA)))
            .clock(() -> nowNs).id(99).checksums(_ -> 5).publisher(deployment -> published = deployment)
            .counters(new Counters()).addressCheck(address -> {
                if (address.equals("nowhere")) {
                    throw new ConfigurationException("It is nowhere.");
                }
                return address;
            });
        context.conclude();
        return new CoordinatorAgent(context);
    }

    @AfterEach
    void close() {
        agent.onClose();
        hosts.values().forEach(host -> host.port.close());
        exchange.close();
    }

    private void bind(final String address, final long id, final ErrorCode refusal) {
        hosts.put(address, new Host(address, id, refusal));
    }

    private void turn() {
        nowNs += TimeUnit.MILLISECONDS.toNanos(50);
        agent.doWork();
        hosts.values().forEach(Host::poll);
    }

    private void turnFor(final long seconds) {
        final long endNs = nowNs + TimeUnit.SECONDS.toNanos(seconds);
        while (nowNs < endNs) {
            turn();
        }
    }

    private <T> T ask(final Supplier<T> question) {
        final CompletableFuture<T> answer = CompletableFuture.supplyAsync(question);
        while (!answer.isDone()) {
            agent.doWork();
        }
        try {
            return answer.join();
        } catch (final CompletionException e) {
            throw (RuntimeException)e.getCause();
        }
    }

    private HostAnswer register(final String address, final long id) {
        return ask(() -> agent.register(new HostDeclaration(address, id, IDENTITY, ROOM, 10, true, false)));
    }

    @Test
    void shouldTellTheFirstHostToHoldEverythingAndForgetItWhenItDoesNotCome() {
        final HostAnswer answer = register("a", 1);
        assertEquals(new HostAnswer(0, List.of(new ExpertId(0, 0), new ExpertId(0, 1), new ExpertId(0, 2),
            new ExpertId(0, 3)), false, List.of(), ""), answer);
        assertEquals(List.of("a", ExpertExchange.NOBODY), published.hosts());
        assertEquals(new HostAnswer(1, List.of(), true, List.of(), ""), register("b", 2));
        turnFor(40);
        assertEquals(List.of("a", ExpertExchange.NOBODY), published.hosts(), "what is placed on it keeps its number");
    }

    @Test
    void shouldKnowAHostThatAnswersAsWhoRegistered() {
        bind("a", 1, ErrorCode.NONE);
        register("a", 1);
        turnFor(1);
        assertTrue(agent.status().hosts().getFirst().up());
        assertEquals(ROOM, agent.status().hosts().getFirst().room());
        assertEquals("", register("a", 1).trouble());
    }

    @Test
    void shouldNotBelieveAHostThatGivesAnAddressWhereAnotherAnswers() {
        bind("a", 1, ErrorCode.NONE);
        register("a", 2);
        turnFor(1);
        assertFalse(agent.status().hosts().getFirst().up());
        assertTrue(register("a", 2).trouble().startsWith("At a answers another expert host than this one"));
    }

    @Test
    void shouldNotGiveTheNumberOfAHostThatIsThereToAnother() {
        bind("a", 1, ErrorCode.NONE);
        register("a", 1);
        turnFor(1);
        final HostAnswer answer = register("a", 2);
        assertEquals(-1, answer.number());
        assertTrue(answer.trouble().startsWith("At a there is an expert host already"), answer::trouble);
        hosts.remove("a").port.close();
        turnFor(4);
        assertEquals(0, register("a", 2).number(), "it has taken the place of one that is gone");
    }

    @Test
    void shouldPassOnThatAHostIsOfAnotherModelThanItSays() {
        bind("a", 1, ErrorCode.WRONG_MODEL);
        register("a", 1);
        turnFor(1);
        assertEquals("The expert host at a refuses: It is another model.", register("a", 1).trouble());
        assertFalse(agent.status().hosts().getFirst().up());
    }

    @Test
    void shouldRefuseAnotherModelAndWhatIsNoAddress() {
        final ModelIdentity other = new ModelIdentity("0", "canonical-1", "bf16");
        assertTrue(assertThrows(ConvokeException.class, () -> ask(() -> agent.register(
            new HostDeclaration("a", 1, other, ROOM, 1, true, false)))).getMessage()
            .contains("serves model 0 in bf16"));
        assertThrows(ConvokeException.class, () -> ask(() -> agent.report(new DecoderReport(1, other, 0, ""))));
        assertEquals("It is nowhere.", assertThrows(ConvokeException.class, () -> register("nowhere", 1)).getMessage());
    }

    @Test
    void shouldTakeHostsAndDecodersOfNumericsThatAreAcceptedAndNoOthers() {
        bind("a", 1, ErrorCode.NONE);
        hosts.get("a").numericsId = CUDA.value();
        final ModelIdentity cuda = new ModelIdentity(IDENTITY.fingerprint(), CUDA.toString(), IDENTITY.dtype());
        ask(() -> agent.register(new HostDeclaration("a", 1, cuda, ROOM, 10, true, false)));
        ask(() -> agent.report(new DecoderReport(1, cuda, 0, "")));
        turnFor(1);
        assertTrue(agent.status().hosts().getFirst().up());
        assertEquals("cuda-sm90-1", agent.status().hosts().getFirst().numerics());
        assertEquals("", agent.status().hosts().getLast().numerics());
        final ModelIdentity int8 = new ModelIdentity(IDENTITY.fingerprint(), "int8-1", IDENTITY.dtype());
        final String refusal = assertThrows(ConvokeException.class, () -> ask(() -> agent.register(
            new HostDeclaration("b", 2, int8, ROOM, 1, true, false)))).getMessage();
        assertTrue(refusal.contains("computes int8-1 and this deployment canonical-1")
            && refusal.contains("--accept-numerics int8-1"), refusal);
    }

    @Test
    void shouldAskAHostThatKeepsChangingItsMindNoMoreOftenThanOthers() {
        bind("a", 1, ErrorCode.NONE);
        register("a", 1);
        final Host host = hosts.get("a");
        host.isFickle = true;
        turnFor(10);
        assertFalse(agent.status().hosts().getFirst().up());
        assertTrue(host.asked.size() <= 100, () -> "asked " + host.asked.size() + " times in ten seconds");
    }

    @Test
    void shouldFreeTheNumberOfAHostThatNeverCameWhenItStopsToRegister() {
        register("a", 1);
        register("b", 2);
        ask(() -> agent.report(new DecoderReport(1, IDENTITY, 1, "")));
        turnFor(20);
        assertEquals(List.of("a", "b"), published.hosts());
        for (int i = 0; i < 15; i++) {
            ask(() -> agent.report(new DecoderReport(1, IDENTITY, 1, "")));
            turnFor(1);
        }
        assertEquals(List.of("a", ExpertExchange.NOBODY), published.hosts());
        assertEquals(1, register("c", 3).number());
    }

    @Test
    void shouldSayWhoHasTheCheckpoint() {
        bind("a", 1, ErrorCode.NONE);
        register("a", 1);
        assertEquals(List.of(), ask(agent::model).sources(), "it is not there yet");
        turnFor(1);
        assertEquals(List.of("a"), ask(agent::model).sources());
        assertEquals(List.of("a"), register("b", 2).sources());
        assertEquals(List.of(), register("a", 1).sources());
    }

    @Test
    void shouldNotShareAmongOthersWhatAHostIsLoading() {
        bind("b", 2, ErrorCode.NONE);
        register("a", 1);
        register("b", 2);
        for (int i = 0; i < 10; i++) {
            register("a", 1);
            ask(() -> agent.report(new DecoderReport(1, IDENTITY, 1, "")));
            turnFor(1);
        }
        assertTrue(agent.status().hosts().get(1).up());
        assertTrue(agent.status().move().isEmpty(), () -> agent.status().toString());
        bind("a", 1, ErrorCode.NONE);
        register("a", 1);
        ask(() -> agent.report(new DecoderReport(1, IDENTITY, 1, "")));
        turnFor(2);
        assertTrue(agent.status().move().isPresent(), () -> agent.status().toString());
    }

    @Test
    void shouldTellDecodersOnlyWhatIsNews() {
        final Deployment first = ask(() -> agent.report(new DecoderReport(1, IDENTITY, 0, "")));
        assertEquals(first.revision(), ask(() -> agent.report(new DecoderReport(1, IDENTITY, 1, ""))).revision());
        register("a", 1);
        assertFalse(first.revision().equals(ask(() -> agent.report(new DecoderReport(1, IDENTITY, 1, "")))
            .revision()));
        assertEquals(1, agent.placement().epoch());
    }
}
