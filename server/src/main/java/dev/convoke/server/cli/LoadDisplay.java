package dev.convoke.server.cli;

import dev.convoke.checkpoint.LoadProgress;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.NanoClock;

/**
 * Shows how far weights are loaded or written: on a terminal one line that is written over, elsewhere a line now and
 * then, and nothing of a load that is over at once. Called by the threads that load; one of them draws, none waits.
 */
final class LoadDisplay implements LoadProgress {
    private static final long SILENT_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long TERMINAL_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long PLAIN_INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);
    private static final double MB = 1e6;

    private final String what;
    private final PrintStream out;
    private final boolean terminal;
    private final NanoClock clock;
    private final AtomicLong packed = new AtomicLong();
    private final AtomicLong nextShownNs = new AtomicLong();
    private volatile long expected;
    private volatile long startNs;
    private volatile boolean shown;

    LoadDisplay(final String what, final PrintStream out, final boolean terminal, final NanoClock clock) {
        this.what = what;
        this.out = out;
        this.terminal = terminal;
        this.clock = clock;
    }

    /**
     * On standard error, by what that is.
     *
     * @param what is done, for example {@code loading weights}
     */
    static LoadDisplay onStandardError(final String what) {
        return new LoadDisplay(what, System.err, System.console() != null && System.console().isTerminal(),
            System::nanoTime);
    }

    @Override
    public void onExpected(final long bytes) {
        expected = bytes;
        startNs = clock.nanoTime();
        nextShownNs.set(startNs + (terminal ? SILENT_NS : PLAIN_INTERVAL_NS));
    }

    @Override
    public void onPacked(final long bytes) {
        final long done = packed.addAndGet(bytes);
        final long nowNs = clock.nanoTime();
        final long dueNs = nextShownNs.get();
        final boolean last = done >= expected;
        if (last ? shown : nowNs - dueNs >= 0 && nextShownNs.compareAndSet(dueNs,
            nowNs + (terminal ? TERMINAL_INTERVAL_NS : PLAIN_INTERVAL_NS))) {
            shown = true;
            show(done, nowNs - startNs, last);
        }
    }

    private synchronized void show(final long done, final long elapsedNs, final boolean last) {
        final String text = String.format(Locale.ROOT, "%s: %.1f of %.1f MB (%d %%), %.0f MB/s",
            what, done / MB, expected / MB, 100 * done / Math.max(1, expected), done / MB / (elapsedNs * 1e-9));
        if (terminal) {
            out.print('\r' + text + (last ? "   " + System.lineSeparator() : "   "));
        } else {
            out.println(text);
        }
        out.flush();
    }
}
