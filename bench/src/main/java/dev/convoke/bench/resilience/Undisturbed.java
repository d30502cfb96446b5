package dev.convoke.bench.resilience;

import dev.convoke.bench.Spread;
import dev.convoke.core.ConvokeException;
import java.util.ArrayList;
import java.util.List;

/**
 * What clients see while nothing is done to the deployment: the answers that all others are held to, and how long they
 * wait for a token anyway.
 */
final class Undisturbed {
    private final List<String> texts;
    private final double[] gapsMs;
    private final double[] startsMs;

    /**
     * Of a run without a trial.
     *
     * @param windows as long as those that are compared with it
     */
    Undisturbed(final Seen seen, final List<Window> windows) {
        if (seen.failed() > 0) {
            throw new ConvokeException("Requests fail although nothing was done: " + seen.errors());
        }
        texts = seen.byStream().stream().map(answers -> answers.getFirst().text()).toList();
        if (seen.differing(texts) > 0) {
            throw new ConvokeException("Answers to the same question differ although nothing was done.");
        }
        gapsMs = medians(windows.stream().map(seen::longestGapsMs).toList());
        startsMs = medians(windows.stream().map(seen::longestStartsMs).toList());
    }

    private static double[] medians(final List<double[]> windows) {
        final double[] medians = new double[windows.getFirst().length];
        for (int stream = 0; stream < medians.length; stream++) {
            final int its = stream;
            medians[stream] = Spread.of(windows.stream().mapToDouble(window -> window[its]).toArray()).median();
        }
        return medians;
    }

    /** The answer of each stream. */
    List<String> texts() {
        return texts;
    }

    /** The median of all streams' longest waits for a token. */
    double gapMs() {
        return Spread.of(gapsMs).median();
    }

    /** By how much the worst stream waited longer in a window, for a token or for the first one. */
    double addedPauseMs(final Seen seen, final Window window) {
        return Math.max(0, Math.max(mostAbove(seen.longestGapsMs(window), gapsMs),
            mostAbove(seen.longestStartsMs(window), startsMs)));
    }

    /** The same for each window. */
    double[] addedPausesMs(final Seen seen, final List<Window> windows) {
        return windows.stream().mapToDouble(window -> addedPauseMs(seen, window)).toArray();
    }

    private static double mostAbove(final double[] values, final double[] usual) {
        double most = Double.NEGATIVE_INFINITY;
        for (int stream = 0; stream < values.length; stream++) {
            most = Math.max(most, values[stream] - usual[stream]);
        }
        return most;
    }

    /** Windows of one length, side by side. */
    static List<Window> windows(final long fromNs, final int count, final long lengthNs) {
        final List<Window> windows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            windows.add(new Window(fromNs + i * lengthNs, fromNs + (i + 1) * lengthNs));
        }
        return windows;
    }
}
