package dev.convoke.bench.scenarios;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NearestName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** A scenario as YAML; what is wrong with one is said with its name and the remedy. */
final class ScenarioFile {
    static final String ENDING = ".yaml";

    private final Path file;

    ScenarioFile(final Path file) {
        this.file = file;
    }

    Scenario read() {
        final JsonNode root = tree();
        requireKeys(root, "the scenario", Set.of("title", "sentence", "checkpoint", "server", "repeat", "steps",
            "figures"));
        final List<Scenario.Step> steps = new ArrayList<>();
        list(root, "steps").forEach(node -> steps.add(step(node)));
        final List<Figure> figures = new ArrayList<>();
        list(root, "figures").forEach(node -> figures.add(figure(node, steps.size())));
        return new Scenario(name(), text(root, "title"), text(root, "sentence"),
            Optional.ofNullable(root.get("checkpoint")).map(this::checkpoint),
            Optional.ofNullable(root.get("server")).map(this::server), count(root, "repeat"), steps, figures);
    }

    private String name() {
        final String fileName = file.getFileName().toString();
        return fileName.substring(0, fileName.length() - ENDING.length());
    }

    private JsonNode tree() {
        try {
            return YAMLMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build()
                .readTree(Files.readString(file));
        } catch (final JsonProcessingException e) {
            throw wrong("is not valid YAML: " + e.getOriginalMessage().strip().replaceAll("\\s+", " ") + " (line "
                + e.getLocation().getLineNr() + ")");
        } catch (final IOException e) {
            throw new ConfigurationException("The scenario " + file + " cannot be read; check the file.", e);
        }
    }

    private Scenario.Step step(final JsonNode node) {
        requireKeys(node, "a step", Set.of("command", "full", "quick", "shown", "judges"));
        return new Scenario.Step(words(text(node, "command")), words(node.path("full").asText()),
            words(node.path("quick").asText()), node.path("shown").asBoolean(true),
            node.path("judges").asBoolean(false));
    }

    private Scenario.Checkpoint checkpoint(final JsonNode node) {
        requireKeys(node, "'checkpoint'", Set.of("directory", "options"));
        final String directory = text(node, "directory");
        if (!directory.matches("[\\w-]+")) {
            throw wrong("names the checkpoint's directory '" + directory + "'; use letters, digits and dashes");
        }
        return new Scenario.Checkpoint(directory, words(text(node, "options")));
    }

    private Scenario.Server server(final JsonNode node) {
        requireKeys(node, "'server'", Set.of("port", "options"));
        return new Scenario.Server(count(node, "port"), words(node.path("options").asText()));
    }

    private Figure figure(final JsonNode node, final int steps) {
        requireKeys(node, "a figure", Set.of("name", "step", "at", "factor", "unit", "at-least", "at-most"));
        final String figureName = text(node, "name");
        final int step = count(node, "step");
        if (step > steps) {
            throw wrong("takes the figure '" + figureName + "' from step " + step + " of " + steps
                + "; steps are counted from 1");
        }
        return new Figure(figureName, step, place(text(node, "at")), number(node, "factor").orElse(1.0),
            node.path("unit").asText(), goal(node, figureName));
    }

    private ResultPath place(final String at) {
        try {
            return new ResultPath(at);
        } catch (final IllegalArgumentException e) {
            throw wrong("cannot be followed: " + e.getMessage());
        }
    }

    private Optional<Figure.Goal> goal(final JsonNode node, final String figureName) {
        final Optional<Double> least = number(node, "at-least");
        final Optional<Double> most = number(node, "at-most");
        if (least.isPresent() && most.isPresent()) {
            throw wrong("gives the figure '" + figureName + "' two bounds; keep one of 'at-least' and 'at-most'");
        }
        return least.map(bound -> new Figure.Goal(bound, true))
            .or(() -> most.map(bound -> new Figure.Goal(bound, false)));
    }

    private Optional<Double> number(final JsonNode node, final String key) {
        final JsonNode value = node.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isNumber()) {
            throw wrong("has '" + value.asText() + "' for '" + key + "'; give a number");
        }
        return Optional.of(value.asDouble());
    }

    /** A whole number from 1, which is also what is meant where it is left out. */
    private int count(final JsonNode node, final String key) {
        final double value = number(node, key).orElse(1.0);
        if (value < 1 || value > Integer.MAX_VALUE || value != Math.rint(value)) {
            throw wrong("has " + node.path(key).asText() + " for '" + key + "'; give a whole number, at least 1");
        }
        return (int)value;
    }

    private String text(final JsonNode node, final String key) {
        final String value = node.path(key).asText();
        if (value.isBlank()) {
            throw wrong("lacks '" + key + "'; add it");
        }
        return value.strip();
    }

    private JsonNode list(final JsonNode node, final String key) {
        final JsonNode value = node.path(key);
        if (!value.isArray() || value.isEmpty()) {
            throw wrong("has no list of '" + key + "'; give one or more");
        }
        return value;
    }

    private void requireKeys(final JsonNode node, final String what, final Set<String> known) {
        if (!node.isObject()) {
            throw wrong("must hold keys and values for " + what + "; choose from "
                + String.join(", ", new TreeSet<>(known)));
        }
        node.fieldNames().forEachRemaining(key -> {
            if (!known.contains(key)) {
                throw wrong("has the unknown key '" + key + "' in " + what + NearestName.hint(key, known)
                    + "; choose from " + String.join(", ", new TreeSet<>(known)));
            }
        });
    }

    private static List<String> words(final String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
    }

    private ConfigurationException wrong(final String sentence) {
        return new ConfigurationException("The scenario " + file + " " + sentence + ".");
    }
}
