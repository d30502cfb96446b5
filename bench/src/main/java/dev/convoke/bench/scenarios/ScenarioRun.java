package dev.convoke.bench.scenarios;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.Spread;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Does a scenario and takes its figures. */
public final class ScenarioRun {
    private static final String RESULT = "{result}";
    private static final String WORK = "{work}";

    private final Programs programs;
    private final Path work;
    private final boolean isQuick;

    /**
     * Of scenarios that are done in the same way.
     *
     * @param work    where checkpoints are made, and kept
     * @param isQuick whether scenarios are only tried out
     */
    public ScenarioRun(final Programs programs, final Path work, final boolean isQuick) {
        this.programs = programs;
        this.work = work;
        this.isQuick = isQuick;
    }

    /** Does all its steps, as often as it says. */
    public Outcome run(final Scenario scenario) throws InterruptedException {
        final long startNs = System.nanoTime();
        scenario.checkpoint().ifPresent(this::make);
        final List<List<JsonNode>> results = new ArrayList<>();
        final List<Outcome.Shown> shown = new ArrayList<>();
        try (AutoCloseable _ = start(scenario)) {
            for (int time = 0; time < (isQuick ? 1 : scenario.repeat()); time++) {
                shown.clear();
                results.add(once(scenario, shown));
            }
        } catch (final RuntimeException | InterruptedException e) {
            throw e;
        } catch (final Exception e) {
            throw new ConvokeException("The scenario '" + scenario.name() + "' failed: " + e.getMessage(), e);
        }
        return new Outcome(scenario, figures(scenario, results), shown,
            TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startNs));
    }

    private AutoCloseable start(final Scenario scenario) {
        return scenario.server().map(server -> programs.serve(server.port(), server.arguments())).orElse(() -> { });
    }

    /** Written beside its place first, so that one that was cut off is not taken for a whole one. */
    private void make(final Scenario.Checkpoint checkpoint) {
        final Path place = work.resolve(checkpoint.directory());
        if (Files.isDirectory(place)) {
            return;
        }
        final Path beside = work.resolve(checkpoint.directory() + ".part");
        final List<String> arguments = new ArrayList<>(List.of("synthesize"));
        arguments.addAll(checkpoint.arguments());
        arguments.add(beside.toString());
        try {
            programs.bench(arguments, false);
            Files.move(beside, place);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConvokeException("Making " + place + " was interrupted.", e);
        } catch (final IOException e) {
            throw new ConvokeException("The checkpoint " + place + " cannot be put into its place; name another "
                + "directory with --work.", e);
        }
    }

    private List<JsonNode> once(final Scenario scenario, final List<Outcome.Shown> shown)
        throws InterruptedException, IOException {
        final List<JsonNode> results = new ArrayList<>();
        for (final Scenario.Step step : scenario.steps()) {
            final Path file = Files.createTempFile("convoke-scenario-", ".json");
            try {
                final String text = programs.bench(arguments(step, file), step.judges());
                if (step.shown()) {
                    shown.add(new Outcome.Shown(String.join(" ", shownArguments(step)), text));
                }
                results.add(new ObjectMapper().readTree(file.toFile()));
            } finally {
                Files.deleteIfExists(file);
            }
        }
        return results;
    }

    private List<String> arguments(final Scenario.Step step, final Path file) {
        return allArguments(step).stream()
            .map(word -> word.replace(RESULT, file.toString()).replace(WORK, work.toString())).toList();
    }

    /** Without the file that only the scenario reads. */
    private List<String> shownArguments(final Scenario.Step step) {
        return allArguments(step).stream().filter(word -> !word.contains(RESULT))
            .map(word -> word.replace(WORK + "/", "")).toList();
    }

    private List<String> allArguments(final Scenario.Step step) {
        final List<String> all = new ArrayList<>(step.arguments());
        all.addAll(isQuick ? step.quick() : step.full());
        return all;
    }

    /** Of a scenario done several times the median of all times; otherwise as the benchmark gives it. */
    private static Map<Figure, Spread> figures(final Scenario scenario, final List<List<JsonNode>> results) {
        final Map<Figure, Spread> figures = new LinkedHashMap<>();
        for (final Figure figure : scenario.figures()) {
            final List<Spread> times = results.stream()
                .map(steps -> figure.at().in(steps.get(figure.step() - 1)).orElseThrow(() -> new ConvokeException(
                    "The scenario '" + scenario.name() + "' finds no figure at " + figure.at() + " in the result of "
                        + "step " + figure.step() + "; correct the figure '" + figure.name() + "'.")))
                .map(spread -> spread.times(figure.factor())).toList();
            figures.put(figure, times.size() == 1 ? times.getFirst()
                : Spread.of(times.stream().mapToDouble(Spread::median).toArray()));
        }
        return figures;
    }
}
