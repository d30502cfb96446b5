package dev.convoke.bench.scenarios;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.bench.Spread;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that grows by one line, a JSON object, for each scenario done. */
public final class PerformanceHistory {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;

    /** Made with the first line. */
    public PerformanceHistory(final Path file) {
        this.file = file;
    }

    /** Adds a line. */
    public void append(final Outcome outcome, final RunPlace place) {
        try {
            Files.write(file, (line(outcome, place) + "\n").getBytes(StandardCharsets.UTF_8),
                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (final IOException e) {
            throw new ConvokeException("The history " + file + " cannot be written; make it writable or name another "
                + "directory with --docs.", e);
        }
    }

    /** {@code date, commit, scenario, seconds, verdict, figures, machine}. */
    static String line(final Outcome outcome, final RunPlace place) {
        final ObjectNode line = JSON.createObjectNode().put("date", place.time().toString())
            .put("commit", place.commit()).put("scenario", outcome.scenario().name())
            .put("seconds", outcome.seconds()).put("verdict", outcome.verdict().toString());
        final ObjectNode figures = line.putObject("figures");
        outcome.figures().forEach((figure, value) -> put(figures.putObject(figure.name()), figure, value));
        line.set("machine", JSON.valueToTree(place.machine()));
        return line.toString();
    }

    private static void put(final ObjectNode node, final Figure figure, final Spread value) {
        node.setAll((ObjectNode)JSON.valueToTree(value.toMap()));
        if (!figure.unit().isEmpty()) {
            node.put("unit", figure.unit());
        }
        figure.goal().ifPresent(goal -> node.put(goal.isLeast() ? "at_least" : "at_most", goal.bound()));
    }
}
