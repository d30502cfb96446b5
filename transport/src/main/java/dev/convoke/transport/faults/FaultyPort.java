package dev.convoke.transport.faults;

import dev.convoke.core.Alarm;
import dev.convoke.transport.FrameContent;
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
    private final Alarm alarm;
    private final FaultCounters counters;
    /** A handler may offer while it still reads the frame it was given, so each direction has a copy of its own. */
    private final UnsafeBuffer outgoing;
    private final UnsafeBuffer incoming;
    private final FramePool pool = new FramePool();
    private final List<Way> ways = new ArrayList<>();
    /** Those with frames under way. */
    private final List<Way> waiting = new ArrayList<>();
    private final FrameHandler onFrame = this::onFrame;
    private FrameHandler handler;
    private long nowNs;
    private long frames;
    private int handedOver;
    private boolean closed;

    FaultyPort(
        final FramePort port,
        final FaultPlan plan,
        final SplittableRandom random,
        final NanoClock clock,
        final Alarm alarm,
        final FaultCounters counters) {
        this.port = port;
        this.plan = plan;
        this.random = random;
        this.clock = clock;
        this.alarm = alarm;
        this.counters = counters;
        this.outgoing = new UnsafeBuffer(new byte[port.maxFrameBytes()]);
        this.incoming = new UnsafeBuffer(new byte[port.maxFrameBytes()]);
    }

    @Override
    public int peers() {
        return port.peers();
    }

    @Override
    public void assign(final int peer, final String address) {
        port.assign(peer, address);
    }

    @Override
    public boolean isConnected(final int peer) {
        return port.isConnected(peer) && !plan.faults(Direction.OUT, peer).disconnected();
    }

    @Override
    public long offer(final int peer, final DirectBuffer buffer, final int offset, final int length) {
        final Faults faults = plan.faults(Direction.OUT, peer);
        if (passes(faults, length)) {
            return port.offer(peer, buffer, offset, length);
        }
        final long refusal = refusal(peer, faults, length);
        if (refusal < 0) {
            return refusal;
        }
        outgoing.putBytes(0, buffer, offset, length);
        return send(faults, way(Direction.OUT, peer), length);
    }

    @Override
    public long offer(final int peer, final int length, final FrameContent content) {
        final Faults faults = plan.faults(Direction.OUT, peer);
        if (passes(faults, length)) {
            return port.offer(peer, length, content);
        }
        final long refusal = refusal(peer, faults, length);
        if (refusal < 0) {
            return refusal;
        }
        content.writeTo(outgoing, 0);
        return send(faults, way(Direction.OUT, peer), length);
    }

    private boolean passes(final Faults faults, final int length) {
        return closed || faults == Faults.NONE || length > maxFrameBytes();
    }

    /** Why the frame does not go, or 0. */
    private long refusal(final int peer, final Faults faults, final int length) {
        if (!isConnected(peer)) {
            return NOT_CONNECTED;
        }
        nowNs = clock.nanoTime();
        final Way way = way(Direction.OUT, peer);
        if (isRefused(way, faults)) {
            counters.refused.increment();
            return BACK_PRESSURED;
        }
        if (way.isFull(faults.network(), length)) {
            counters.queueFull.increment();
            return BACK_PRESSURED;
        }
        return 0;
    }

    private boolean isRefused(final Way way, final Faults faults) {
        if (way.refusing && nowNs - way.refusedUntilNs < 0
            || way.paced && faults.intervalNs() > 0 && nowNs - way.nextNs < 0) {
            return true;
        }
        way.refusing = happens(faults.refusal());
        way.refusedUntilNs = nowNs + faults.refusalNs();
        return way.refusing;
    }

    /** Sends what lies in the outgoing buffer. */
    private long send(final Faults faults, final Way way, final int length) {
        if (happens(faults.loss())) {
            counters.lost.increment();
            return 1;
        }
        final int sentLength = damage(faults, outgoing, length);
        final boolean heldBack = happens(faults.delay());
        if (heldBack || !faults.network().isNone()) {
            hold(way, outgoing, sentLength, arrivalNs(faults, way, sentLength) + heldBackNs(faults, heldBack));
        } else {
            final long result = port.offer(way.peer, outgoing, 0, sentLength);
            if (result <= 0) {
                return result;
            }
        }
        way.paced = true;
        way.nextNs = nowNs + faults.intervalNs();
        if (happens(faults.duplication())) {
            hold(way, outgoing, sentLength, arrivalNs(faults, way, sentLength));
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
        handedOver = 0;
        int work = releaseDue(limit);
        if (handedOver < limit && !isIncomingFull()) {
            work += port.poll(onFrame, limit - handedOver);
        }
        setAlarm();
        return work;
    }

    /** Only incoming frames count against the limit; returns all. */
    private int releaseDue(final int limit) {
        int released = 0;
        int kept = 0;
        for (int i = 0; i < waiting.size(); i++) {
            final Way way = waiting.get(i);
            released += releaseDue(way, limit);
            if (way.isEmpty()) {
                way.waiting = false;
            } else {
                waiting.set(kept++, way);
            }
        }
        while (waiting.size() > kept) {
            waiting.removeLast();
        }
        return released;
    }

    private int releaseDue(final Way way, final int limit) {
        int released = 0;
        while (!way.isEmpty() && nowNs - way.first().releaseNs >= 0) {
            final HeldFrame frame = way.first();
            if (way.direction == Direction.OUT ? !sendOn(way, frame) : handedOver == limit) {
                break;
            }
            way.removeFirst();
            if (way.direction == Direction.IN && !isCutOff(way)) {
                handedOver++;
                handler.onFrame(way.peer, frame.buffer, 0, frame.length);
            }
            pool.giveBack(frame);
            released++;
        }
        return released;
    }

    /** Whether the frame is done with. */
    private boolean sendOn(final Way way, final HeldFrame frame) {
        if (isCutOff(way)) {
            return true;
        }
        final long result = port.offer(way.peer, frame.buffer, 0, frame.length);
        if (result < 0 && result != BACK_PRESSURED) {
            counters.lost.increment();
        }
        return result != BACK_PRESSURED;
    }

    private boolean isCutOff(final Way way) {
        final boolean cutOff = plan.faults(way.direction, way.peer).disconnected();
        counters.lost.add(cutOff ? 1 : 0);
        return cutOff;
    }

    private boolean isIncomingFull() {
        for (int i = 0; i < waiting.size(); i++) {
            final Way way = waiting.get(i);
            if (way.direction == Direction.IN && way.isFull(plan.faults(Direction.IN, way.peer).network(), 1)) {
                return true;
            }
        }
        return false;
    }

    private void setAlarm() {
        for (int i = 0; i < waiting.size(); i++) {
            alarm.wakeBy(waiting.get(i).first().releaseNs);
        }
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
        final Way way = way(Direction.IN, peer);
        incoming.putBytes(0, buffer, offset, length);
        final int arrivedLength = damage(faults, incoming, length);
        if (happens(faults.duplication())) {
            counters.duplicated.increment();
            hold(way, incoming, arrivedLength, arrivalNs(faults, way, arrivedLength));
        }
        final boolean heldBack = happens(faults.delay());
        final long dueNs = paced(way, faults, arrivalNs(faults, way, arrivedLength) + heldBackNs(faults, heldBack));
        if (dueNs - nowNs > 0) {
            hold(way, incoming, arrivedLength, dueNs);
        } else {
            handler.onFrame(peer, incoming, 0, arrivedLength);
        }
    }

    private long paced(final Way way, final Faults faults, final long wantedNs) {
        if (faults.intervalNs() == 0) {
            return wantedNs;
        }
        final long dueNs = way.paced && way.nextNs - wantedNs > 0 ? way.nextNs : wantedNs;
        way.paced = true;
        way.nextNs = dueNs + faults.intervalNs();
        return dueNs;
    }

    /** Applies what the faults say to a copied frame; returns the length that is left. */
    private int damage(final Faults faults, final UnsafeBuffer target, final int length) {
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

    private void hold(final Way way, final DirectBuffer source, final int length, final long releaseNs) {
        final HeldFrame frame = pool.take(length);
        frame.hold(source, length, releaseNs, frames++);
        way.add(frame);
        if (!way.waiting) {
            way.waiting = true;
            waiting.add(way);
        }
    }

    private long arrivalNs(final Faults faults, final Way way, final int length) {
        final Network network = faults.network();
        return network.isNone() ? nowNs : way.enter(network, length, network.travelNs(random), nowNs);
    }

    private long heldBackNs(final Faults faults, final boolean heldBack) {
        if (!heldBack) {
            return 0;
        }
        counters.delayed.increment();
        return random.nextLong(faults.maxDelayNs() + 1);
    }

    private boolean happens(final double rate) {
        return rate > 0 && random.nextDouble() < rate;
    }

    private Way way(final Direction direction, final int peer) {
        final int index = 2 * peer + direction.ordinal();
        while (ways.size() <= index) {
            final int next = ways.size();
            ways.add(new Way(next % 2 == Direction.OUT.ordinal() ? Direction.OUT : Direction.IN, next / 2));
        }
        return ways.get(index);
    }

    @Override
    public int maxFrameBytes() {
        return port.maxFrameBytes();
    }

    @Override
    public int preferredFrameBytes() {
        return port.preferredFrameBytes();
    }

    @Override
    public void close() {
        closed = true;
        port.close();
    }
}
