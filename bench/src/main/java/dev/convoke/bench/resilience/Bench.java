package dev.convoke.bench.resilience;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What trials share: sizes, clients, chance, and where they say how far they are. */
final class Bench {
    /**
     * Options of hosts that stand for devices which take five milliseconds a layer: otherwise all processes would fight
     * for the processors of this machine, and a host that starts would hold up those that serve.
     */
    static final List<String> PACED = List.of("--pace", "fixed=5ms");
    private static final long LEAST_CALM_NS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long MOST_CALM_NS = TimeUnit.MILLISECONDS.toNanos(1200);
    private static final long WARM_UP_NS = TimeUnit.SECONDS.toNanos(6);

    private final Settings settings;
    private final StreamClient.Connector connector;
    private final SplittableRandom random;
    private final Consumer<String> progress;
    private final List<Question> questions;

    Bench(final Settings settings, final StreamClient.Connector connector, final SplittableRandom random,
        final Consumer<String> progress) {
        this.settings = settings;
        this.connector = connector;
        this.random = random;
        this.progress = progress;
        this.questions = Question.of(settings.streams());
    }

    Settings settings() {
        return settings;
    }

    SplittableRandom random() {
        return random;
    }

    void say(final String what) {
        progress.accept(what);
    }

    /** Says what a strike did to the streams, while somebody was away and while they came back. */
    void sayPauses(final Undisturbed undisturbed, final Seen seen, final Window away, final Window returning,
        final double stallMs) {
        say("  added pause %.0f ms, %.0f ms while it came back; the machine itself stalled for up to %.0f ms".formatted(
            undisturbed.addedPauseMs(seen, away), undisturbed.addedPauseMs(seen, returning), stallMs));
    }

    /** Lets the streams calm down after a strike, until a moment that is drawn. */
    void awaitRandomMoment() throws InterruptedException {
        Waiting.forNs(random.nextLong(LEAST_CALM_NS, MOST_CALM_NS));
    }

    /** One decoder and its hosts. */
    Deployment start(final List<String> ofHosts) throws InterruptedException {
        return start(ofHosts, List.of(List.of()));
    }

    /** A coordinator of its own, and one decoder and hosts that join it. */
    Deployment startJoined(final List<String> ofHosts) throws InterruptedException {
        return Deployment.startJoined(settings, connector, ofHosts);
    }

    /** Decoders that share hosts. */
    Deployment start(final List<String> ofHosts, final List<List<String>> ofDecoders) throws InterruptedException {
        return Deployment.start(settings, connector, ofHosts, ofDecoders);
    }

    /** All streams at once, until stopped. */
    Traffic traffic(final StreamClient client) {
        return Traffic.start(client, questions, settings.tokens());
    }

    /** Lets processes warm up, then looks what clients see while nothing is done, in windows of a length. */
    Undisturbed undisturbed(final StreamClient client, final int windows, final long lengthNs)
        throws InterruptedException {
        warmUp(client);
        try (Traffic traffic = traffic(client)) {
            traffic.awaitAnswers(1);
            final long fromNs = System.nanoTime();
            Waiting.forNs(windows * lengthNs);
            return new Undisturbed(traffic.stop(), Undisturbed.windows(fromNs, windows, lengthNs));
        }
    }

    void warmUp(final StreamClient client) throws InterruptedException {
        try (Traffic traffic = traffic(client)) {
            Waiting.forNs(WARM_UP_NS);
            traffic.stop();
        }
    }

    /** Tokens a second of all streams over a time, once they are all under way. */
    Measured measure(final StreamClient client, final long durationNs) throws InterruptedException {
        try (Traffic traffic = traffic(client)) {
            traffic.awaitAnswers(1);
            final Window window = new Window(System.nanoTime(), System.nanoTime() + durationNs);
            Waiting.untilNs(window.toNs());
            final Seen seen = traffic.stop();
            return new Measured(seen, window, seen.tokensPerSecond(window));
        }
    }

    /**
     * A run whose rate counts.
     *
     * @param seen            by its clients
     * @param window          that counts
     * @param tokensPerSecond of all streams
     */
    record Measured(Seen seen, Window window, double tokensPerSecond) {
    }

    /** Judges what every trial is judged by: that nothing failed, and that every answer was the undisturbed one. */
    void judgeAnswers(final Verdicts verdicts, final List<Seen> all, final Undisturbed undisturbed) {
        all.stream().flatMap(seen -> seen.errors().stream()).distinct().forEach(error -> say("a request failed: "
            + error));
        verdicts.tell("requests", "", all.stream().mapToInt(Seen::answers).sum());
        verdicts.never("failed requests", "", 0, all.stream().mapToInt(Seen::failed).sum());
        verdicts.never("answers unlike the undisturbed run's", "", 0,
            all.stream().mapToInt(seen -> seen.differing(undisturbed.texts())).sum());
    }
}
