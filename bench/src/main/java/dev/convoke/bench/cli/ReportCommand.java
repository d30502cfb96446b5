package dev.convoke.bench.cli;

import dev.convoke.bench.report.Drawing;
import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.Section;
import dev.convoke.bench.report.figures.Sections;
import dev.convoke.bench.report.images.Image;
import dev.convoke.bench.report.page.Page;
import dev.convoke.bench.report.sources.RunFiles;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a page of what runs left behind. */
@Command(name = "report", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Makes one HTML page, and an image of each figure, of the files that benchmarks wrote: results in "
        + "JSON, .hlog and .hgrm.")
final class ReportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", arity = "1..*", description = "Directories with the files of runs, or files.")
    private List<Path> places;

    @Option(names = "--output", paramLabel = "FILE", description = "The page (default: report.html in the first DIR).")
    private Path output;

    @Option(names = "--title", defaultValue = "Benchmark report", description = "Over it (default ${DEFAULT-VALUE}).")
    private String title;

    @Option(names = "--baseline", paramLabel = "RUN", description = "The run that the others of its kind are compared "
        + "with (default: the first).")
    private String baseline;

    @Option(names = "--no-images", description = "Write only the page.")
    private boolean noImages;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        final RunFiles files = RunFiles.read(places);
        files.problems().forEach(problem -> spec.commandLine().getErr().println(problem));
        if (files.runs().isEmpty()) {
            throw new ConvokeException("No results were found in " + places.stream().map(Path::toString)
                .collect(Collectors.joining(", ")) + "; benchmarks leave them with --save-result, --hlog, "
                + "--histogram-dir or --json.");
        }
        final List<Run> runs = baseline == null ? files.runs() : Sections.withBaseline(files.runs(), baseline);
        final List<Section> sections = Sections.of(runs);
        final Path page = output != null ? output : defaultOutput();
        try {
            Files.createDirectories(page.toAbsolutePath().getParent());
            Files.writeString(page, Page.of(title, subtitle(runs), files.problems(), sections));
            say("Wrote " + page + ", " + runs.size() + (runs.size() == 1 ? " run." : " runs."));
            if (!noImages) {
                writeImages(sections, page);
            }
        } catch (final IOException e) {
            throw new ConvokeException("The report cannot be written: " + e.getClass().getSimpleName() + " "
                + e.getMessage() + ".", e);
        }
        return 0;
    }

    private Path defaultOutput() {
        final Path first = places.getFirst();
        return Files.isDirectory(first) ? first.resolve("report.html") : first.resolveSibling("report.html");
    }

    private static String subtitle(final List<Run> runs) {
        final List<String> dates = runs.stream().map(Run::date).filter(date -> !date.isEmpty()).sorted().toList();
        final String when = dates.isEmpty() ? "" : dates.getFirst().equals(dates.getLast()) ? ", " + dates.getFirst()
            : ", from " + dates.getFirst() + " to " + dates.getLast();
        return runs.size() + (runs.size() == 1 ? " run" : " runs") + when;
    }

    private void writeImages(final List<Section> sections, final Path page) throws IOException {
        final List<Drawing> drawings = new ArrayList<>();
        sections.stream().flatMap(section -> section.blocks().stream())
            .filter(Section.Figures.class::isInstance)
            .forEach(block -> drawings.addAll(((Section.Figures)block).drawings()));
        final Path directory = page.resolveSibling(page.getFileName().toString().replaceFirst("\\.html?$", "")
            + "-figures");
        try {
            for (final Drawing drawing : drawings) {
                Image.write(drawing, directory);
            }
            say("Wrote " + directory + ", " + drawings.size() + (drawings.size() == 1 ? " image." : " images."));
        } catch (final Error e) {
            // Java draws text with the system's libraries and fonts, which small containers do not have.
            throw new ConvokeException("The page is written, but no images, since Java finds no fonts here; install "
                + "fontconfig and a font, or give --no-images.", e);
        }
    }

    private void say(final String line) {
        final PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
