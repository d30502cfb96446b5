package dev.convoke.bench.resilience;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Clients that each ask their question again and again, the next time as soon as the answer is there. */
final class Traffic implements AutoCloseable {
    /** A client that was refused comes again after a moment. */
    private static final long AFTER_FAILURE_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final List<List<Streamed>> answers = new ArrayList<>();
    private final List<Thread> clients = new ArrayList<>();
    private volatile boolean stopping;

    private Traffic() {
    }

    static Traffic start(final StreamClient client, final List<Question> questions, final int tokens) {
        final Traffic traffic = new Traffic();
        for (final Question question : questions) {
            final List<Streamed> own = new ArrayList<>();
            traffic.answers.add(own);
            // Reads of platform threads end with one wake-up, those of virtual ones with two or three.
            traffic.clients.add(Thread.ofPlatform().name("stream-" + question.seed()).daemon()
                .start(() -> traffic.run(client, question, tokens, own)));
        }
        return traffic;
    }

    private void run(final StreamClient client, final Question question, final int tokens, final List<Streamed> own) {
        while (!stopping) {
            final Streamed answer = client.ask(question, tokens);
            synchronized (answers) {
                own.add(answer);
            }
            if (answer.failed()) {
                LockSupport.parkNanos(AFTER_FAILURE_NS);
            }
        }
    }

    /** Answers of the stream that has the fewest. */
    int fewestAnswers() {
        synchronized (answers) {
            return answers.stream().mapToInt(List::size).min().orElse(0);
        }
    }

    /** Waits until every stream has had so many more answers, whatever they are. */
    void awaitAnswers(final int more) throws InterruptedException {
        final int wanted = fewestAnswers() + more;
        Waiting.until("the streams go on", () -> fewestAnswers() >= wanted);
    }

    /** What clients saw so far, but for answers under way. */
    Seen seen() {
        synchronized (answers) {
            return new Seen(answers.stream().map(List::copyOf).toList());
        }
    }

    /** Waits until all answers under way are there; what clients saw. */
    Seen stop() throws InterruptedException {
        stopping = true;
        for (final Thread client : clients) {
            client.join();
        }
        return seen();
    }

    /** Asks no more. */
    @Override
    public void close() {
        stopping = true;
    }
}
