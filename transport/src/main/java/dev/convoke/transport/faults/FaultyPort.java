package dev.convoke.transport.faults;

import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FramePort;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;

/** A port that does to frames what the plan says. Allocates only while the number of frames held back still grows. */
final class FaultyPort implements FramePort {
    private final FramePort port;
    private final FaultPlan plan;
    private final SplittableRandom random;
    private final NanoClock clock;
    private final FaultCounters counters;
    /** A handler may offer while it still reads the frame it was given, so each direction has a copy of its own. */
    private final UnsafeBuffer outgoing;
    private final UnsafeBuffer incoming;
    private final List<HeldFrame> held = new ArrayList<>();
    private final List<HeldFrame> free = new ArrayList<>();
    private final List<PeerPace> paces = new ArrayList<>();
    private final FrameHandler onFrame = this::onFrame;
    private FrameHandler handler;
    private long nowNs;
    private boolean closed;

    FaultyPort(
        final FramePort port,
        final FaultPlan plan,
        final SplittableRandom random,
        final NanoClock clock,
        final FaultCounters counters) {
        this.port = port;
        this.plan = plan;
        this.random = random;
        this.clock = clock;
        this.counters = counters;
        this.outgoing = new UnsafeBuffer(new byte[port.maxFrameBytes()]);
        this.incoming = new UnsafeBuffer(new byte[port.maxFrameBytes()]);
    }

    @Override
    public int peers() {
        return port.peers();
    }

    @Override
    public boolean isConnected(final int peer) {
        return port.isConnected(peer) && !plan.faults(Direction.OUT, peer).disconnected();
    }

    @Override
    public long offer(final int peer, final DirectBuffer buffer, final int offset, final int length) {
        final Faults faults = plan.faults(Direction.OUT, peer);
        if (closed || faults == Faults.NONE || length > maxFrameBytes()) {
            return port.offer(peer, buffer, offset, length);
        }
        if (!isConnected(peer)) {
            return NOT_CONNECTED;
        }
        nowNs = clock.nanoTime();
        if (isRefused(peer, faults)) {
            counters.refused.increment();
            return BACK_PRESSURED;
        }
        return send(faults, peer, buffer, offset, length);
    }

    private boolean isRefused(final int peer, final Faults faults) {
        final PeerPace pace = pace(peer);
        if (pace.refusing && nowNs - pace.refusedUntilNs < 0
            || pace.outPaced && faults.intervalNs() > 0 && nowNs - pace.nextOutNs < 0) {
            return true;
        }
        pace.refusing = happens(faults.refusal());
        pace.refusedUntilNs = nowNs + faults.refusalNs();
        return pace.refusing;
    }

    private long send(
        final Faults faults, final int peer, final DirectBuffer buffer, final int offset, final int length) {
        if (happens(faults.loss())) {
            counters.lost.increment();
            return 1;
        }
        final int sentLength = damage(faults, outgoing, buffer, offset, length);
        if (happens(faults.delay())) {
            hold(Direction.OUT, peer, outgoing, sentLength, releaseNs(faults));
            counters.delayed.increment();
        } else {
            final long result = port.offer(peer, outgoing, 0, sentLength);
            if (result <= 0) {
                return result;
            }
        }
        pace(peer).outPaced = true;
        pace(peer).nextOutNs = nowNs + faults.intervalNs();
        if (happens(faults.duplication())) {
            hold(Direction.OUT, peer, outgoing, sentLength, nowNs);
            counters.duplicated.increment();
        }
        return 1;
    }

    @Override
    public int poll(final FrameHandler frameHandler, final int limit) {
        if (closed) {
            return 0;
        }
        nowNs = clock.nanoTime();
        handler = frameHandler;
        final int released = releaseDue(limit);
        return released < limit ? released + port.poll(onFrame, limit - released) : released;
    }

    private int releaseDue(final int limit) {
        int released = 0;
        int kept = 0;
        for (int i = 0; i < held.size(); i++) {
            final HeldFrame frame = held.get(i);
            if (released < limit && nowNs - frame.releaseNs >= 0 && release(frame)) {
                released++;
                free.add(frame);
            } else {
                held.set(kept++, frame);
            }
        }
        while (held.size() > kept) {
            held.remove(held.size() - 1);
        }
        return released;
    }

    /** Whether the frame is done with. */
    private boolean release(final HeldFrame frame) {
        if (plan.faults(frame.direction, frame.peer).disconnected()) {
            counters.lost.increment();
            return true;
        }
        if (frame.direction == Direction.OUT) {
            return port.offer(frame.peer, frame.buffer, 0, frame.length) != BACK_PRESSURED;
        }
        handler.onFrame(frame.peer, frame.buffer, 0, frame.length);
        return true;
    }

    private void onFrame(final int peer, final DirectBuffer buffer, final int offset, final int length) {
        final Faults faults = plan.faults(Direction.IN, peer);
        if (faults == Faults.NONE) {
            handler.onFrame(peer, buffer, offset, length);
            return;
        }
        if (faults.disconnected() || happens(faults.loss())) {
            counters.lost.increment();
            return;
        }
        final int arrivedLength = damage(faults, incoming, buffer, offset, length);
        if (happens(faults.duplication())) {
            counters.duplicated.increment();
            hold(Direction.IN, peer, incoming, arrivedLength, nowNs);
        }
        final long dueNs = paced(peer, faults, happens(faults.delay()) ? releaseNs(faults) : nowNs);
        if (dueNs - nowNs > 0) {
            counters.delayed.increment();
            hold(Direction.IN, peer, incoming, arrivedLength, dueNs);
        } else {
            handler.onFrame(peer, incoming, 0, arrivedLength);
        }
    }

    private long paced(final int peer, final Faults faults, final long wantedNs) {
        if (faults.intervalNs() == 0) {
            return wantedNs;
        }
        final PeerPace pace = pace(peer);
        final long dueNs = pace.inPaced && pace.nextInNs - wantedNs > 0 ? pace.nextInNs : wantedNs;
        pace.inPaced = true;
        pace.nextInNs = dueNs + faults.intervalNs();
        return dueNs;
    }

    /** Copies the frame and applies what the faults say; returns the length that is left. */
    private int damage(
        final Faults faults,
        final UnsafeBuffer target,
        final DirectBuffer buffer,
        final int offset,
        final int length) {
        target.putBytes(0, buffer, offset, length);
        if (length > 0 && happens(faults.corruption())) {
            final int index = random.nextInt(length);
            target.putByte(index, (byte)(target.getByte(index) ^ random.nextInt(1, 256)));
            counters.corrupted.increment();
        }
        if (length > 1 && happens(faults.truncation())) {
            counters.truncated.increment();
            return random.nextInt(1, length);
        }
        return length;
    }

    private void hold(
        final Direction direction, final int peer, final DirectBuffer source, final int length, final long releaseNs) {
        final HeldFrame frame = free.isEmpty() ? new HeldFrame(maxFrameBytes()) : free.remove(free.size() - 1);
        frame.hold(direction, peer, source, length, releaseNs);
        held.add(frame);
    }

    private long releaseNs(final Faults faults) {
        return nowNs + random.nextLong(faults.maxDelayNs() + 1);
    }

    private boolean happens(final double rate) {
        return rate > 0 && random.nextDouble() < rate;
    }

    private PeerPace pace(final int peer) {
        while (paces.size() <= peer) {
            paces.add(new PeerPace());
        }
        return paces.get(peer);
    }

    @Override
    public int maxFrameBytes() {
        return port.maxFrameBytes();
    }

    @Override
    public void close() {
        closed = true;
        port.close();
    }
}
