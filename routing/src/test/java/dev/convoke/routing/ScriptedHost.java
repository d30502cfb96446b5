package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.core.ExpertId;
import dev.convoke.core.NumericsId;
import dev.convoke.transport.FrameCheck;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.FrameRows;
import dev.convoke.transport.FrameWriter;
import dev.convoke.transport.codec.CombineEncoder;
import dev.convoke.transport.codec.DispatchDecoder;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.HelloDecoder;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.MessageHeaderEncoder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * An expert host that speaks the real frames but computes {@link #resultByte} instead of an FFN, and misbehaves as a
 * test tells it to. Run as the decoder's local work.
 */
final class ScriptedHost implements Agent {
    static final long QUEUE_NS = 3;
    static final long COMPUTE_NS = 5;

    /** One assignment as it arrived. */
    record Asked(int layer, int row, int slot, int expert, int attempt) {
    }

    /** What it holds; may grow while it runs. */
    final List<ExpertId> experts;
    final List<Asked> asked = new ArrayList<>();
    final List<FrameIdentity> dispatches = new ArrayList<>();
    long hostId = 1;
    /** The set of bits it says it computes; what it is sent must ask for that. */
    int numericsId = NumericsId.CANONICAL_1.value();
    /** Of what it holds. */
    long revision;
    int hellos;
    int resultsPerFrame = 3;
    int framesPerTurn = Integer.MAX_VALUE;
    boolean asleep;
    boolean deaf;
    /** Takes frames and does nothing, as a process that was killed a moment ago. */
    boolean dead;
    ErrorCode refuseHello = ErrorCode.NONE;
    ErrorCode refuseDispatch = ErrorCode.NONE;
    /** Answers are withheld while this is positive; each withheld result counts it down. */
    int withheldResults;
    /** Frames may have changed on the way, so that copies differ. */
    boolean mayBeDamaged;
    /** Copies of frames that it had taken. */
    int copies;
    /** How often the last frame was to be answered. */
    int answerCopies;

    private final FramePort port;
    /** What it takes for each expert of a frame, one after another. */
    long nsPerExpert;

    /** Frames that it took; nothing else may ever come with the identity of one. */
    private final Map<String, UnsafeBuffer> taken = new HashMap<>();
    private final Deque<Outgoing> outgoing = new ArrayDeque<>();
    private final NanoClock clock;
    private long busyUntilNs;
    private final FrameWriter writer = new FrameWriter();
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final DispatchDecoder dispatch = new DispatchDecoder();
    private final HelloDecoder hello = new HelloDecoder();
    private int peer;
    private long computeNs = COMPUTE_NS;

    private record Outgoing(UnsafeBuffer frame, long dueNs) {
    }

    ScriptedHost(final FramePort port, final List<ExpertId> experts, final NanoClock clock) {
        this.clock = clock;
        this.port = port;
        this.experts = experts;
    }

    /** What an expert makes of one byte of a row. */
    static byte resultByte(final byte input, final int layer, final int expert) {
        return (byte)(input * 31 + expert * 7 + layer + 1);
    }

    @Override
    public int doWork() {
        if (dead) {
            port.poll((from, buffer, offset, length) -> { }, framesPerTurn);
            return 0;
        }
        if (asleep) {
            return 0;
        }
        int work = deaf ? 0 : port.poll(this::onFrame, framesPerTurn);
        while (!outgoing.isEmpty() && clock.nanoTime() - outgoing.peek().dueNs() >= 0) {
            final UnsafeBuffer frame = outgoing.peek().frame();
            if (port.offer(peer, frame, 0, frame.capacity()) == FramePort.BACK_PRESSURED) {
                break;
            }
            outgoing.remove();
            work++;
        }
        return work;
    }

    /** Sends a frame of the test's own making. */
    void send(final DirectBuffer buffer, final int length) {
        final UnsafeBuffer copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, buffer, 0, length);
        outgoing.add(new Outgoing(copy, nsPerExpert == 0 ? clock.nanoTime() : busyUntilNs));
    }

    void close() {
        port.close();
    }

    private void onFrame(final int from, final DirectBuffer buffer, final int offset, final int length) {
        peer = from;
        if (FrameCheck.check(buffer, offset, length) != FrameCheck.OK) {
            return;
        }
        header.wrap(buffer, offset);
        if (header.templateId() == HelloDecoder.TEMPLATE_ID) {
            hellos++;
            hello.wrapAndApplyHeader(buffer, offset, header);
            final FrameIdentity identity = new FrameIdentity().readFrom(hello.identity());
            if (identity.numericsId() != numericsId) {
                refuse(identity, ErrorCode.WRONG_NUMERICS);
            } else {
                onHello(identity);
            }
        } else {
            assertEquals(DispatchDecoder.TEMPLATE_ID, header.templateId());
            dispatch.wrapAndApplyHeader(buffer, offset, header);
            final FrameIdentity identity = new FrameIdentity().readFrom(dispatch.identity());
            if (identity.numericsId() != numericsId) {
                refuse(identity, ErrorCode.WRONG_NUMERICS);
                return;
            }
            if (isCopy(identity, new UnsafeBuffer(buffer, offset, length))) {
                copies++;
                return;
            }
            onDispatch(identity, buffer);
            if (refuseDispatch == ErrorCode.NONE) {
                final UnsafeBuffer frame = new UnsafeBuffer(new byte[length]);
                frame.putBytes(0, buffer, offset, length);
                taken.put(from + " " + identity, frame);
            }
        }
    }

    private boolean isCopy(final FrameIdentity identity, final UnsafeBuffer frame) {
        final UnsafeBuffer first = taken.get(peer + " " + identity);
        if (first != null && !mayBeDamaged) {
            assertEquals(first, frame, () -> "two frames are " + identity);
        }
        return first != null;
    }

    private void onHello(final FrameIdentity identity) {
        final ExpandableArrayBuffer frame = new ExpandableArrayBuffer();
        send(frame, refuseHello == ErrorCode.NONE ? writer.welcome(frame, 0, identity, hostId, revision, experts)
            : writer.refusal(frame, 0, identity, hostId, numericsId, refuseHello,
                FrameWriter.text("because of the test")));
    }

    private void onDispatch(final FrameIdentity identity, final DirectBuffer buffer) {
        dispatches.add(identity);
        if (refuseDispatch != ErrorCode.NONE) {
            refuse(identity, refuseDispatch);
            return;
        }
        answerCopies = dispatch.answerCopies();
        final int rowBytes = (int)dispatch.hiddenSize() * identity.dtype().bytes();
        final List<Asked> wanted = new ArrayList<>();
        final List<Integer> dataRows = new ArrayList<>();
        final DispatchDecoder.AssignmentsDecoder group = dispatch.assignments();
        while (group.hasNext()) {
            group.next();
            asked.add(new Asked(identity.layer(), group.row(), group.slot(), group.expert(), identity.attempt()));
            if (withheldResults > 0) {
                withheldResults--;
            } else {
                wanted.add(asked.getLast());
                dataRows.add(group.dataRow());
            }
        }
        final long experts = wanted.stream().map(Asked::expert).distinct().count();
        busyUntilNs = Math.max(busyUntilNs, clock.nanoTime()) + experts * nsPerExpert;
        computeNs = Math.max(COMPUTE_NS, experts * nsPerExpert);
        final int rows = FrameRows.first(buffer, dispatch.limit());
        for (int first = 0; first < wanted.size(); first += resultsPerFrame) {
            final int end = Math.min(wanted.size(), first + resultsPerFrame);
            final byte[] results = new byte[(end - first) * rowBytes];
            for (int result = first; result < end; result++) {
                final Asked asking = wanted.get(result);
                final int from = rows + dataRows.get(result) * rowBytes;
                final int to = (result - first) * rowBytes;
                for (int i = 0; i < rowBytes; i++) {
                    results[to + i] = resultByte(buffer.getByte(from + i), asking.layer(), asking.expert());
                }
            }
            for (int copy = 0; copy < answerCopies; copy++) {
                sendResults(identity, wanted.subList(first, end), results, (int)dispatch.hiddenSize());
            }
        }
    }

    /** Refuses with an identity of the test's choice. */
    void refuse(final FrameIdentity identity, final ErrorCode code) {
        final ExpandableArrayBuffer frame = new ExpandableArrayBuffer();
        send(frame, writer.refusal(frame, 0, identity, hostId, numericsId, code, FrameWriter.text("not today")));
    }

    /** Answers with what the test wants to have said. */
    void sendResults(final FrameIdentity identity, final List<Asked> answered, final byte[] rows,
        final int hiddenSize) {
        final ExpandableArrayBuffer frame = new ExpandableArrayBuffer();
        final CombineEncoder combine = new CombineEncoder();
        combine.wrapAndApplyHeader(frame, 0, new MessageHeaderEncoder());
        identity.writeTo(combine.identity());
        combine.hiddenSize(hiddenSize).queueNs(QUEUE_NS).computeNs(computeNs);
        final CombineEncoder.ResultsEncoder results = combine.resultsCount(answered.size());
        for (final Asked result : answered) {
            results.next().row(result.row()).expert(result.expert()).slot((short)result.slot()).padding((short)0);
        }
        combine.putAuthenticationTag(new byte[0], 0, 0).putRows(rows, 0, rows.length);
        send(frame, MessageHeaderEncoder.ENCODED_LENGTH + combine.encodedLength());
    }

    @Override
    public String roleName() {
        return "scripted-host";
    }
}
