package dev.convoke.experthost;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.ExpertChecksum;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ThreadPriority;
import dev.convoke.core.Threads;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.transport.ExpertPiece;
import dev.convoke.transport.FrameIdentity;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.agrona.concurrent.OneToOneConcurrentArrayQueue;

/**
 * Loads and frees experts on a thread of its own, so that the one that serves never waits for a disk or for memory to
 * be handed back, and so that loading takes a small share of the processors while rows come ({@link DutyCycle}). Its
 * orders come from that one host's thread, which also takes what is done; neither waits for the other. What is loaded
 * belongs to the host from when it is taken. The thread starts with the first order.
 */
public final class ExpertLoader implements AutoCloseable {
    private static final int MOST_ORDERS = 1024;
    private static final long PARK_NS = TimeUnit.SECONDS.toNanos(1);

    private final Checkpoint checkpoint;
    private final KernelBackend backend;
    private final DType dtype;
    private final long memoryLimitBytes;
    private final OneToOneConcurrentArrayQueue<Order> orders = new OneToOneConcurrentArrayQueue<>(MOST_ORDERS);
    /** What peers wait for; carried out also in the midst of a load. */
    private final OneToOneConcurrentArrayQueue<Fetch> fetches = new OneToOneConcurrentArrayQueue<>(MOST_ORDERS);
    private final OneToOneConcurrentArrayQueue<Outcome> outcomes = new OneToOneConcurrentArrayQueue<>(MOST_ORDERS);
    private LongSupplier served = () -> 0;
    private DutyCycle dutyCycle;
    private Thread thread;
    private volatile boolean closed;

    /** Something to do. */
    private sealed interface Order {
    }

    private record Load(ExpertId id, long checksum) implements Order {
    }

    private record Free(HeldExpert expert) implements Order {
    }

    private record Fetch(int peer, FrameIdentity identity, ExpertId id, long from, int most) {
    }

    /** What became of an order: an expert that was loaded, one whose memory is free again, or why there is none. */
    sealed interface Outcome {
        /** Whose order it was. */
        ExpertId id();
    }

    /** The expert is the taker's. */
    record Loaded(HeldExpert expert) implements Outcome {
        @Override
        public ExpertId id() {
            return expert.id();
        }
    }

    /** Its memory is free. */
    record Freed(ExpertId id) implements Outcome {
    }

    /** A piece of an expert for a peer, or null if it cannot be had. */
    record Fetched(int peer, FrameIdentity identity, ExpertId id, ExpertPiece piece) implements Outcome {
    }

    /** There is none, and the sentence says why. */
    record Failed(ExpertId id, String reason) implements Outcome {
    }

    /**
     * Starts nothing yet.
     *
     * @param checkpoint       read from, and closed by its owner, after this
     * @param backend          that the host computes with
     * @param memoryLimitBytes the most that the weights of the host's experts may take
     */
    public ExpertLoader(final Checkpoint checkpoint, final KernelBackend backend, final DType dtype,
        final long memoryLimitBytes) {
        this.checkpoint = checkpoint;
        this.backend = backend;
        this.dtype = dtype;
        this.memoryLimitBytes = memoryLimitBytes;
    }

    /**
     * Whom it must not disturb; before the first order.
     *
     * @param rows rises when rows come; any thread
     */
    void giveWayTo(final LongSupplier rows) {
        served = rows;
    }

    /** The most that the weights of the host's experts may take. */
    long memoryLimitBytes() {
        return memoryLimitBytes;
    }

    /** Orders an expert; false if there are too many orders already. */
    boolean tryLoad(final ExpertId id, final long checksum) {
        return wakeIf(orders.offer(new Load(id, checksum)));
    }

    /** Hands over an expert that nothing computes with any more; false if there are too many orders already. */
    boolean tryFree(final HeldExpert expert) {
        return wakeIf(orders.offer(new Free(expert)));
    }

    /** Has a piece of an expert read for a peer; false if there are too many orders already. */
    boolean tryFetch(final int peer, final FrameIdentity identity, final ExpertId id, final long from,
        final int most) {
        return wakeIf(fetches.offer(new Fetch(peer, identity, id, from, most)));
    }

    private boolean wakeIf(final boolean ordered) {
        if (!ordered) {
            return false;
        }
        if (thread == null) {
            thread = Thread.ofPlatform().name("expert-loader").daemon().start(this::run);
        } else {
            LockSupport.unpark(thread);
        }
        return true;
    }

    /** What has been done, or null. */
    Outcome poll() {
        return outcomes.poll();
    }

    private void run() {
        ThreadPriority.lower();
        dutyCycle = DutyCycle.ofThread(served);
        while (!closed) {
            readForPeers();
            // An outcome must find room: an expert that nobody takes would be memory that nobody owns.
            final Order order = outcomes.remainingCapacity() > 0 ? orders.poll() : null;
            if (order != null) {
                dutyCycle.begin();
                outcomes.offer(carryOut(order));
            } else {
                LockSupport.parkNanos(PARK_NS);
            }
        }
    }

    /** Between portions of a load: peers need not wait for it, and rows should not notice it. */
    private void onPortion() {
        readForPeers();
        for (long restNs = dutyCycle.restNs(); restNs > 0 && !closed; restNs = dutyCycle.restNs()) {
            LockSupport.parkNanos(restNs);
            readForPeers();
        }
    }

    private void readForPeers() {
        // What is being loaded finds room still.
        while (outcomes.remainingCapacity() > 1) {
            final Fetch fetch = fetches.poll();
            if (fetch == null) {
                return;
            }
            outcomes.offer(new Fetched(fetch.peer(), fetch.identity(), fetch.id(), read(fetch)));
        }
    }

    private Outcome carryOut(final Order order) {
        return switch (order) {
            case Load(final ExpertId id, final long checksum) -> load(id, checksum);
            case Free(final HeldExpert expert) -> {
                expert.close();
                yield new Freed(expert.id());
            }
        };
    }

    /** Null where the checkpoint lies elsewhere itself, cannot be read, or ends before. */
    private ExpertPiece read(final Fetch fetch) {
        if (checkpoint instanceof PeerCheckpoint) {
            return null;
        }
        try {
            final ExpertTensors tensors = checkpoint.expert(fetch.id());
            final List<MemorySegment> matrices = List.of(tensors.gate().segment(), tensors.up().segment(),
                tensors.down().segment());
            final long total = matrices.stream().mapToLong(MemorySegment::byteSize).sum();
            if (fetch.from() < 0 || fetch.from() >= total) {
                return null;
            }
            final byte[] bytes = new byte[(int)Math.min(fetch.most(), total - fetch.from())];
            long begin = 0;
            for (final MemorySegment matrix : matrices) {
                final long first = Math.max(fetch.from(), begin);
                final long end = Math.min(fetch.from() + bytes.length, begin + matrix.byteSize());
                if (first < end) {
                    MemorySegment.copy(matrix, first - begin, MemorySegment.ofArray(bytes), first - fetch.from(),
                        end - first);
                }
                begin += matrix.byteSize();
            }
            return new ExpertPiece(fetch.id().index(), fetch.from(), tensors.gate().dtype(), tensors.up().dtype(),
                tensors.down().dtype(), bytes);
        } catch (final RuntimeException e) {
            return null;
        }
    }

    private Outcome load(final ExpertId id, final long checksum) {
        try {
            final long found = ExpertChecksum.of(checkpoint.expert(id), this::onPortion);
            if (found != checksum) {
                throw new CheckpointException(checkpoint.path() + ": the weights of " + id + " have checksum "
                    + Long.toHexString(found) + ", not " + Long.toHexString(checksum)
                    + " as where it was ordered; fetch the model again, here or there.");
            }
            return new Loaded(HeldExpert.load(checkpoint, backend, dtype, id, this::onPortion));
        } catch (final ConvokeException e) {
            return new Failed(id, e.getMessage());
        } catch (final OutOfMemoryError e) {
            return new Failed(id, "There is no memory left for " + id + " (" + e.getMessage()
                + "); lower --expert-memory.");
        } catch (final RuntimeException e) {
            return new Failed(id, "Loading " + id + " failed: " + e + ".");
        }
    }

    /** Ends the thread and frees what was loaded but not taken; after the host's thread has stopped. */
    @Override
    public void close() {
        closed = true;
        if (thread != null) {
            thread.interrupt();
            Threads.joinUninterruptibly(thread);
        }
        for (Outcome outcome = outcomes.poll(); outcome != null; outcome = outcomes.poll()) {
            if (outcome instanceof Loaded(final HeldExpert expert)) {
                expert.close();
            }
        }
        for (Order order = orders.poll(); order != null; order = orders.poll()) {
            if (order instanceof Free(final HeldExpert expert)) {
                expert.close();
            }
        }
    }
}
