package dev.convoke.experthost;

import dev.convoke.core.Alarm;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.codec.ErrorCode;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;

/**
 * Serves the experts of a bank to every decoder that reaches its port: takes what has arrived, computes it batched by
 * expert, and streams unweighted rows back. Of dispatches it remembers only that it took them, so that a copy of one is
 * dropped; what is asked for in another attempt is computed again. Run by one thread, an agent runner's or a decoder's;
 * only {@link #drain()} and {@link #isDrained()} may be called from others.
 */
public final class ExpertHost implements Agent {
    private static final int MAX_FRAMES_PER_CYCLE = PendingDispatches.MAX_FRAMES;
    private static final int REFUSAL_KINDS = ErrorCode.DRAINING.value() + 1;
    /** A paced host takes what comes into one lane while the batches of the other last. */
    private static final int PACED_LANES = 2;
    /** How often a paced host looks what has come while a batch lasts: how exactly it knows how long that waits. */
    private static final long LOOK_NS = TimeUnit.MICROSECONDS.toNanos(500);

    private final Arena arena;
    private final FramePort port;
    private final NanoClock clock;
    private final Warnings warnings;
    private final ExpertLane[] lanes;
    private final Timetable timetable;
    private final Alarm alarm;
    private final ExpertChanges changes;
    private final Replies replies;
    private final FrameIntake intake;
    private int pacedLane;
    private volatile boolean drained;

    /** Concludes the settings and allocates what serving takes; from here on the port is the host's to close. */
    public ExpertHost(final ExpertHostContext context) {
        context.conclude();
        arena = context.kernels().backend().newArena();
        port = context.port();
        clock = context.clock();
        final HostCounters counters = new HostCounters(context.counters());
        warnings = new Warnings(context.warnings(), context.warningIntervalNs(), REFUSAL_KINDS + 5);
        warnings.watch(REFUSAL_KINDS, counters.malformed);
        warnings.watch(REFUSAL_KINDS + 1, counters.unexpected);
        warnings.watch(REFUSAL_KINDS + 2, counters.overflowed);
        warnings.watch(REFUSAL_KINDS + 3, counters.answersDropped);
        warnings.watch(REFUSAL_KINDS + 4, counters.paceOverruns);
        final PeerStates peers = new PeerStates(context.refusalsPerSecond());
        timetable = new Timetable(context, counters.paceOverruns);
        alarm = context.alarm();
        lanes = new ExpertLane[timetable.isReal() ? context.kernels().backend().ffnBatches() : PACED_LANES];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = new ExpertLane(context, arena, peers, timetable, counters);
        }
        changes = new ExpertChanges(context, counters, lanes.length);
        replies = new Replies(context, changes, peers, counters, warnings);
        intake = new FrameIntake(context, changes, replies, counters);
    }

    @Override
    public String roleName() {
        return "expert-host";
    }

    /**
     * One duty cycle: sends answers that found no room before, then takes what has arrived and computes it. Returns
     * the frames taken and sent and the batches a device is at work on, so 0 means that idling is right, whatever
     * housekeeping the port did.
     */
    @Override
    public int doWork() {
        int work = timetable.isReal() ? advance() : advanceInTime();
        if (!replies.isEmpty()) {
            work += replies.send(clock.nanoTime());
        }
        if (warnings.isNews()) {
            warnings.report(clock.nanoTime());
        }
        if (!drained && intake.isDraining() && isIdle() && replies.isEmpty()) {
            drained = true;
        }
        work += changes.advance(lanes);
        for (ExpertLoader.Fetched piece = changes.pollPiece(); piece != null; piece = changes.pollPiece()) {
            replies.piece(piece, clock.nanoTime());
        }
        return work;
    }

    private int advance() {
        int work = 0;
        ExpertLane free = null;
        for (int i = 0; i < lanes.length; i++) {
            work += lanes[i].advance();
            if (lanes[i].isIncomplete() || free == null && lanes[i].isEmpty()) {
                free = lanes[i];
            }
        }
        if (free == null) {
            return work;
        }
        final int held = free.pending().frames();
        work += takeArrived(free);
        return work + free.compute(free.pending().frames() > held);
    }

    /** What comes while a batch lasts waits, and is computed together after it. */
    private int advanceInTime() {
        final ExpertLane computing = lanes[pacedLane];
        final ExpertLane arriving = lanes[PACED_LANES - 1 - pacedLane];
        final int work = computing.advanceInTime() + takeArrived(arriving);
        if (computing.isEmpty() && arriving.isReady()) {
            pacedLane = PACED_LANES - 1 - pacedLane;
        }
        final long nowNs = clock.nanoTime();
        if (computing.isWaiting(nowNs)) {
            alarm.sleepUntil(timetable.endNs() - nowNs < LOOK_NS ? timetable.endNs() : nowNs + LOOK_NS);
        }
        return work;
    }

    private boolean isIdle() {
        for (int i = 0; i < lanes.length; i++) {
            if (!lanes[i].isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** Polls until all that came is taken, with all parts of an exchange, or no more is certain to fit; never waits. */
    private int takeArrived(final ExpertLane lane) {
        intake.fill(lane.pending());
        int taken = 0;
        int polled;
        int limit;
        do {
            limit = Math.min(lane.pending().room(), MAX_FRAMES_PER_CYCLE - taken);
            port.poll(intake, limit);
            polled = intake.takeHandled();
            taken += polled;
        } while (mayHaveMore(lane, polled, limit) && taken < MAX_FRAMES_PER_CYCLE);
        return taken;
    }

    private boolean mayHaveMore(final ExpertLane lane, final int polled, final int limit) {
        return polled > 0 && (polled == limit || intake.isPartMissing()) && lane.pending().room() > 0;
    }

    /** New dispatches are refused as draining from now on; what has been accepted is finished. From any thread. */
    public void drain() {
        intake.drain();
    }

    /**
     * Whether {@link #drain()} was called and everything accepted before has been answered. The host may go on
     * running to refuse what still comes. From any thread.
     */
    public boolean isDrained() {
        return drained;
    }

    /** Frees what serving took and closes the port. On the thread that ran {@link #doWork()}. */
    @Override
    public void onClose() {
        port.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
