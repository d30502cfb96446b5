package dev.convoke.bench.resilience;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * All that clients saw.
 *
 * @param byStream the answers of each, in order of time
 */
record Seen(List<List<Streamed>> byStream) {
    private Stream<Streamed> all() {
        return byStream.stream().flatMap(List::stream);
    }

    int answers() {
        return (int)all().count();
    }

    int failed() {
        return (int)all().filter(Streamed::failed).count();
    }

    /** When the last answer ended. */
    long lastEndNs() {
        return all().mapToLong(Streamed::endNs).max().orElse(0);
    }

    /** What failures say, each once. */
    List<String> errors() {
        return all().map(Streamed::error).filter(error -> !error.isEmpty()).distinct().toList();
    }

    /** Whole answers that are not the ones of an undisturbed run. */
    int differing(final List<String> texts) {
        int differing = 0;
        for (int stream = 0; stream < byStream.size(); stream++) {
            for (final Streamed answer : byStream.get(stream)) {
                differing += answer.failed() || answer.text().equals(texts.get(stream)) ? 0 : 1;
            }
        }
        return differing;
    }

    double tokensPerSecond(final Window window) {
        return all().mapToLong(answer -> Arrays.stream(answer.tokenNs()).filter(window::contains).count()).sum()
            / window.seconds();
    }

    /** The longest time between two tokens of one answer that shares a moment with the window, by stream. */
    double[] longestGapsMs(final Window window) {
        final double[] longest = new double[byStream.size()];
        for (int stream = 0; stream < longest.length; stream++) {
            for (final Streamed answer : byStream.get(stream)) {
                for (int token = 1; token < answer.tokenNs().length; token++) {
                    longest[stream] = longer(longest[stream], window, answer.tokenNs()[token - 1],
                        answer.tokenNs()[token]);
                }
            }
        }
        return longest;
    }

    /** The longest time from a request to its first token that shares a moment with the window, by stream. */
    double[] longestStartsMs(final Window window) {
        final double[] longest = new double[byStream.size()];
        for (int stream = 0; stream < longest.length; stream++) {
            for (final Streamed answer : byStream.get(stream)) {
                if (answer.tokenNs().length > 0) {
                    longest[stream] = longer(longest[stream], window, answer.sentNs(), answer.tokenNs()[0]);
                }
            }
        }
        return longest;
    }

    private static double longer(final double longestMs, final Window window, final long fromNs, final long toNs) {
        return window.overlaps(fromNs, toNs) ? Math.max(longestMs, (toNs - fromNs) / 1e6) : longestMs;
    }
}
