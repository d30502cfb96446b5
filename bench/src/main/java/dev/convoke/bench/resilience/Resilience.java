package dev.convoke.bench.resilience;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** All trials by name, one after the other, each with a deployment of its own. */
public final class Resilience {
    private final Settings settings;
    private final StreamClient.Connector connector;
    private final Consumer<String> progress;

    /**
     * None yet.
     *
     * @param progress takes a line now and then
     */
    public Resilience(final Settings settings, final StreamClient.Connector connector,
        final Consumer<String> progress) {
        this.settings = settings;
        this.connector = connector;
        this.progress = progress;
    }

    private static Map<String, Trial> trials() {
        final Map<String, Trial> trials = new LinkedHashMap<>();
        for (final Trial trial : List.of(StrikeTrial.kill(), StrikeTrial.stop(), new NetworkTrial("loss-1", "loss=1%"),
            new NetworkTrial("loss-5", "loss=5%"), new NetworkTrial("spikes", "spike=0.2%,spike-delay=50ms"),
            ThroughputTrial.slow(), ThroughputTrial.spare(), new LastResortTrial(), new NoneLeftTrial(),
            new MoveTrial(), new RollbackTrial(), new CoordinatorTrial())) {
            trials.put(trial.name(), trial);
        }
        return trials;
    }

    /** Of all trials, in the order in which they are done. */
    public static List<String> names() {
        return List.copyOf(trials().keySet());
    }

    /** Does trials and returns what came of them. */
    public List<Line> run(final List<String> names) throws InterruptedException {
        final List<Line> lines = new ArrayList<>();
        for (final String name : names) {
            final Verdicts verdicts = new Verdicts(name);
            final long startNs = System.nanoTime();
            // What is drawn depends on the trial and the seed alone, whichever others are done.
            trials().get(name).run(new Bench(settings, connector,
                new SplittableRandom(settings.seed() ^ (long)name.hashCode() << Integer.SIZE), progress), verdicts);
            progress.accept("%s took %d s:%n%s".formatted(name,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startNs), table(verdicts.lines())));
            lines.addAll(verdicts.lines());
        }
        return lines;
    }

    /** Lines as a table in Markdown. */
    public static String table(final List<Line> lines) {
        final StringBuilder table = new StringBuilder("| trial | figure | judged | median [range] of runs | goal | |\n"
            + "|---|---|---:|---|---|---|\n");
        lines.forEach(line -> table.append(line.row()));
        return table.toString();
    }
}
