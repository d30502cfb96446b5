package dev.convoke.bench.serve.results;

import dev.convoke.bench.serve.RequestOutcome;
import dev.convoke.bench.serve.RunObserver;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * Says how a run goes: on a terminal one line that is written anew, elsewhere a line every ten seconds. Percentiles are
 * of what has ended so far. A thread of its own prints, from the construction to {@link #close}.
 */
public final class Progress implements RunObserver, AutoCloseable {
    /** The cursor needs the last of 80. */
    private static final int MOST_COLUMNS = 79;
    private static final int BAR_COLUMNS = 16;
    private static final int LEAST_BAR_COLUMNS = 4;
    private static final long TERMINAL_INTERVAL_MS = 250;
    private static final long LINE_INTERVAL_MS = 10_000;

    private final PrintWriter out;
    private final boolean terminal;
    private final int requests;
    private final long startNs = System.nanoTime();
    private final LongAdder sent = new LongAdder();
    private final LongAdder ended = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder tokens = new LongAdder();
    private final ConcurrentHistogram firstTokens = new ConcurrentHistogram(3);
    private final ConcurrentHistogram ends = new ConcurrentHistogram(3);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread printer;

    /**
     * Starts printing.
     *
     * @param terminal whether the line can be written anew
     * @param requests how many there will be
     */
    public Progress(final PrintWriter out, final boolean terminal, final int requests) {
        this.out = out;
        this.terminal = terminal;
        this.requests = requests;
        this.printer = Thread.ofPlatform().daemon().name("progress").start(this::run);
    }

    private void run() {
        try {
            while (!closed.await(terminal ? TERMINAL_INTERVAL_MS : LINE_INTERVAL_MS, TimeUnit.MILLISECONDS)) {
                print();
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void print() {
        if (terminal) {
            out.print("\r" + line() + "\u001b[K");
        } else {
            out.println(line());
        }
        out.flush();
    }

    /** How it stands: never wider than a terminal of 80 columns, where a wrapped line could not be written anew. */
    String line() {
        final long done = ended.sum();
        final double seconds = (System.nanoTime() - startNs) / 1e9;
        final String text = String.format(Locale.ROOT, "%d/%d%s, %d open, %.0f tok/s, "
            + "p50/p99 ms: TTFT %s/%s E2EL %s/%s",
            done, requests, failed.sum() == 0 ? "" : " " + failed.sum() + " failed", sent.sum() - done,
            tokens.sum() / seconds, ms(firstTokens, 50), ms(firstTokens, 99), ms(ends, 50), ms(ends, 99));
        final int columns = Math.min(BAR_COLUMNS, MOST_COLUMNS - text.length() - "[] ".length());
        if (columns < LEAST_BAR_COLUMNS) {
            return text.substring(0, Math.min(text.length(), MOST_COLUMNS));
        }
        final int filled = (int)(done * columns / Math.max(1, requests));
        return "[" + "#".repeat(filled) + ".".repeat(columns - filled) + "] " + text;
    }

    /** Three digits or, from 1000 on, all before the point. */
    private static String ms(final ConcurrentHistogram histogram, final double percentile) {
        final double ms = histogram.getValueAtPercentile(percentile) / Distribution.NS_PER_MS;
        return String.format(Locale.ROOT, ms < 10 ? "%.2f" : ms < 100 ? "%.1f" : "%.0f", ms);
    }

    @Override
    public void onSend() {
        sent.increment();
    }

    @Override
    public void onOutcome(final RequestOutcome outcome) {
        if (outcome.succeeded()) {
            firstTokens.recordValue(outcome.timeToFirstTokenNs());
            ends.recordValue(outcome.endToEndNs());
            tokens.add(outcome.outputTokens());
        } else {
            failed.increment();
        }
        ended.increment();
    }

    /** Prints a last line on a terminal and ends. */
    @Override
    public void close() {
        closed.countDown();
        try {
            printer.join();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (terminal) {
            print();
            out.println();
            out.flush();
        }
    }
}
