package dev.convoke.bench.scenarios;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NearestName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** All scenarios of a directory, by name. */
public final class Scenarios {
    /** Stands for all of them. */
    public static final String ALL = "all";

    private final Map<String, Scenario> byName = new LinkedHashMap<>();

    /** Reads every file; a wrong one is a {@link ConfigurationException}. */
    public Scenarios(final Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            files.filter(file -> file.getFileName().toString().endsWith(ScenarioFile.ENDING)).sorted()
                .map(file -> new ScenarioFile(file).read()).forEach(scenario -> byName.put(scenario.name(), scenario));
        } catch (final IOException e) {
            throw new ConfigurationException("The directory of scenarios " + directory + " cannot be read; name one "
                + "with --scenarios.", e);
        }
        if (byName.isEmpty()) {
            throw new ConfigurationException(directory + " holds no scenario (*" + ScenarioFile.ENDING + "); name "
                + "another directory with --scenarios.");
        }
    }

    /** All, by name. */
    public List<Scenario> all() {
        return List.copyOf(byName.values());
    }

    /** Those of some names, in that order; {@value #ALL} stands for all. */
    public List<Scenario> named(final List<String> names) {
        return names.stream().flatMap(name -> ALL.equals(name) ? byName.values().stream() : Stream.of(named(name)))
            .distinct().toList();
    }

    private Scenario named(final String name) {
        final Scenario scenario = byName.get(name);
        if (scenario == null) {
            throw new ConfigurationException("There is no scenario '" + name + "'"
                + NearestName.hint(name, byName.keySet()) + "; choose from " + String.join(", ", byName.keySet())
                + " or " + ALL + ".");
        }
        return scenario;
    }
}
