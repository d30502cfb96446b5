package dev.convoke.server.client;

import dev.convoke.core.ConvokeException;

/** What a process says to its coordinator, again and again, on a virtual thread of its own. */
final class CoordinatorTalk implements AutoCloseable {
    /** One round of it, with the pause that belongs to it; may be interrupted wherever it waits. */
    interface Round {
        void run() throws InterruptedException;
    }

    private final Thread thread;

    private CoordinatorTalk(final Thread thread) {
        this.thread = thread;
    }

    /** Goes round and round until it is closed. */
    static CoordinatorTalk start(final String name, final Round round) {
        return new CoordinatorTalk(Thread.ofVirtual().name(name).start(() -> {
            try {
                while (true) {
                    round.run();
                }
            } catch (final InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
    }

    /** A failure that nobody foresaw must not end the talk either. */
    static String sentence(final RuntimeException e) {
        return e instanceof ConvokeException ? e.getMessage() : "The talk with the coordinator failed: " + e + ".";
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
