package dev.convoke.server.coordinator;

import dev.convoke.core.ExpertId;
import dev.convoke.core.ThreadPriority;
import dev.convoke.core.Threads;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checksums of experts that hosts are told to load. Each means to read all of an expert, which takes a while: it is
 * done on a thread of its own that gives way to all others, and what was read once is known. The rest is of the
 * agent's thread.
 */
final class Checksums implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Checksums.class);

    private final ToLongFunction<ExpertId> checksumOf;
    private final int experts;
    private final Map<Integer, Long> known = new ConcurrentHashMap<>();
    private final Set<Integer> asked = ConcurrentHashMap.newKeySet();
    private final Set<Integer> failed = ConcurrentHashMap.newKeySet();
    private final LinkedBlockingQueue<Integer> wanted = new LinkedBlockingQueue<>();
    private Thread thread;

    /**
     * None yet.
     *
     * @param checksumOf reads an expert
     * @param experts    of a layer
     */
    Checksums(final ToLongFunction<ExpertId> checksumOf, final int experts) {
        this.checksumOf = checksumOf;
        this.experts = experts;
    }

    /** Of an expert, by its number in the model; none until it has been read, or if it cannot be. */
    OptionalLong of(final int expert) {
        final Long checksum = known.get(expert);
        if (checksum != null) {
            return OptionalLong.of(checksum);
        }
        if (asked.add(expert)) {
            wanted.add(expert);
            if (thread == null) {
                thread = Thread.ofPlatform().name("checksums").daemon().start(this::run);
            }
        }
        return OptionalLong.empty();
    }

    /** Whether an expert could not be read since this was asked last. */
    boolean takeFailure(final int expert) {
        return failed.remove(expert);
    }

    private void run() {
        ThreadPriority.lower();
        try {
            while (true) {
                final int expert = wanted.take();
                read(expert);
                asked.remove(expert);
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read(final int expert) {
        try {
            known.put(expert, checksumOf.applyAsLong(new ExpertId(expert / experts, expert % experts)));
        } catch (final RuntimeException e) {
            failed.add(expert);
            LOG.error("An expert cannot be ordered, since it cannot be read here: {}", e.getMessage());
        }
    }

    /** Reads no more; what is being read is read to its end, before the checkpoint may be closed. */
    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
            Threads.joinUninterruptibly(thread);
        }
    }
}
