package dev.convoke.bench.report.sources;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.report.Run;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The runs whose files lie in some directories and below. Each JSON file of results is a run. A histogram log belongs
 * to the results of the same name, percentile distributions to those of their directory's name, both else to the only
 * results in their directory; without such they are runs of their own.
 */
public final class RunFiles {
    private static final int MOST_LEVELS = 8;
    private static final Pattern NUMBER = Pattern.compile("\\d+");
    private static final int PADDED_DIGITS = 12;
    private static final String JSON = ".json";
    private static final String LOG = ".hlog";
    private static final String DISTRIBUTION = ".hgrm";
    private static final List<ResultReader> READERS =
        List.of(new ServeResult(), new StagesResult(), new PlacementStatsResult(), new DeploymentsResult(),
            new TabularResult());

    private final Map<Path, Run.Builder> results = new LinkedHashMap<>();
    private final Map<Path, Run.Builder> histograms = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();
    private final ObjectMapper mapper = new ObjectMapper();

    private RunFiles() {
    }

    /** Reads all files below these directories, or these files; the order of runs is theirs. */
    public static RunFiles read(final List<Path> places) {
        final RunFiles files = new RunFiles();
        final List<Path> all = places.stream().flatMap(place -> list(place).stream()).distinct().toList();
        all.stream().filter(file -> named(file, JSON)).forEach(files::readResult);
        all.stream().filter(file -> named(file, LOG)).forEach(files::readLog);
        all.stream().filter(file -> named(file, DISTRIBUTION)).forEach(files::readDistribution);
        return files;
    }

    private static List<Path> list(final Path place) {
        if (!Files.exists(place)) {
            throw new ConvokeException(place + " does not exist; name directories with the files of runs.");
        }
        try (Stream<Path> files = Files.walk(place, MOST_LEVELS)) {
            return files.filter(Files::isRegularFile)
                .sorted(Comparator.comparing(RunFiles::inNaturalOrder)).toList();
        } catch (final IOException e) {
            throw new ConvokeException(place + " cannot be read (" + e.getMessage() + ").", e);
        }
    }

    /** Sorts rate-5 before rate-10. */
    private static String inNaturalOrder(final Path file) {
        return NUMBER.matcher(file.toString()).replaceAll(number -> "0".repeat(Math.max(0,
            PADDED_DIGITS - number.group().length())) + number.group());
    }

    private static boolean named(final Path file, final String ending) {
        return file.getFileName().toString().endsWith(ending);
    }

    private void readResult(final Path file) {
        final Run.Builder run = new Run.Builder();
        attempt(file, () -> {
            final JsonNode result = parse(file);
            final Optional<ResultReader> reader =
                READERS.stream().filter(candidate -> candidate.recognises(result)).findFirst();
            if (reader.isEmpty()) {
                throw new DamagedResult("holds no results of a benchmark");
            }
            reader.get().read(result, run);
            results.put(file, run.file(file.toString()));
        });
    }

    private JsonNode parse(final Path file) throws IOException {
        try {
            return mapper.readTree(file.toFile());
        } catch (final JsonProcessingException e) {
            throw new DamagedResult("is not valid JSON (line " + e.getLocation().getLineNr() + ": "
                + e.getOriginalMessage().lines().findFirst().orElse("") + ")");
        }
    }

    private void readLog(final Path file) {
        attempt(file, () -> {
            final LogFile log = LogFile.read(file);
            log.addTo(owner(stem(file), file.toAbsolutePath().getParent()).file(file.toString()));
            if (!log.damage().isEmpty()) {
                problems.add(file + " " + log.damage() + "; what came before is shown.");
            }
        });
    }

    private void readDistribution(final Path file) {
        attempt(file, () -> {
            final Path directory = file.toAbsolutePath().getParent();
            owner(directory, directory).distribution(stem(file).getFileName().toString(),
                DistributionFile.read(file)).file(file.toString());
        });
    }

    /** The run of some histograms: results of that name, else the only ones beside it, else the histograms alone. */
    private Run.Builder owner(final Path stem, final Path directory) {
        final List<Map.Entry<Path, Run.Builder>> named = results.entrySet().stream()
            .filter(result -> stem(result.getKey()).toAbsolutePath().equals(stem.toAbsolutePath())).toList();
        final List<Map.Entry<Path, Run.Builder>> beside = !named.isEmpty() ? named : results.entrySet().stream()
            .filter(result -> result.getKey().toAbsolutePath().getParent().equals(directory))
            .toList();
        return beside.size() == 1 ? beside.getFirst().getValue()
            : histograms.computeIfAbsent(stem.toAbsolutePath(), _ -> new Run.Builder());
    }

    private static Path stem(final Path file) {
        final String name = file.getFileName().toString();
        return file.resolveSibling(name.substring(0, name.lastIndexOf('.')));
    }

    /** Reads a file and notes what is wrong with it. */
    private void attempt(final Path file, final Reading reading) {
        try {
            reading.read();
        } catch (final DamagedResult e) {
            problems.add(file + " " + e.getMessage() + "; it is left out.");
        } catch (final IOException e) {
            problems.add(file + " cannot be read (" + e.getMessage() + "); it is left out.");
        }
    }

    @FunctionalInterface
    private interface Reading {
        void read() throws IOException;
    }

    /** The runs, each with a name of its own: the file's, with as many directories as it takes. */
    public List<Run> runs() {
        final Map<Path, Run.Builder> all = new LinkedHashMap<>();
        results.forEach((file, run) -> all.put(stem(file).toAbsolutePath().normalize(), run));
        histograms.forEach((stem, run) -> all.putIfAbsent(stem.normalize(), run));
        final List<Path> paths = List.copyOf(all.keySet());
        final List<Run> runs = new ArrayList<>();
        int i = 0;
        for (final Run.Builder run : all.values()) {
            runs.add(run.build(shortest(paths.get(i++), paths)));
        }
        return runs;
    }

    private static String shortest(final Path path, final List<Path> all) {
        for (int names = 1; names < path.getNameCount(); names++) {
            final Path end = path.subpath(path.getNameCount() - names, path.getNameCount());
            if (all.stream().filter(other -> other.endsWith(end)).count() == 1) {
                return end.toString();
            }
        }
        return path.toString();
    }

    /** A sentence for each file that could not be read, or not to its end. */
    public List<String> problems() {
        return List.copyOf(problems);
    }
}
