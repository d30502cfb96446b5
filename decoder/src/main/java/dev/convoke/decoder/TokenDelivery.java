package dev.convoke.decoder;

import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.OneToOneConcurrentArrayQueue;

/**
 * Wakes the consumers of streams, on a thread of its own: waking a virtual thread may allocate and lock, which the
 * decoder's thread must not. A stream is in the queue at most once, so the queue holds them all.
 */
final class TokenDelivery implements AutoCloseable {
    private final OneToOneConcurrentArrayQueue<TokenStream> changed;
    private final Thread thread;
    private boolean unflushed;
    private volatile boolean closed;

    /**
     * Starts the thread.
     *
     * @param capacity the most streams that can be open at once
     */
    TokenDelivery(final int capacity) {
        changed = new OneToOneConcurrentArrayQueue<>(Math.max(2, capacity));
        thread = Thread.ofPlatform().daemon().name("token-delivery").start(this::run);
    }

    /** Notes that a stream has changed. By the decoder's thread. */
    void changed(final TokenStream stream) {
        if (stream.tryMarkQueued()) {
            while (!changed.offer(stream)) {
                // Streams that ended lately are still queued; the delivery thread is at them.
                LockSupport.unpark(thread);
                Thread.yield();
            }
            unflushed = true;
        }
    }

    /** Sends the thread off if anything has changed. By the decoder's thread, after a step. */
    void flush() {
        if (unflushed) {
            unflushed = false;
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        while (!closed || !changed.isEmpty()) {
            final TokenStream stream = changed.poll();
            if (stream == null) {
                LockSupport.park(this);
            } else {
                stream.wakeConsumer();
            }
        }
    }

    /** Wakes who is still to be woken, then ends the thread. By the decoder's thread or after it. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
