package dev.convoke.bench.report.figures;

import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.Section;
import dev.convoke.bench.report.Section.Block;
import dev.convoke.bench.report.Table;
import dev.convoke.core.ConvokeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What a report of some runs says, from the top. */
public final class Sections {
    private static final Map<String, String> TITLES = Map.of("exchange", "Exchange", "gate", "Gate", "model", "Model",
        "machine", "Machine");

    private Sections() {
    }

    /** The runs with one of them first, which the others are compared with. */
    public static List<Run> withBaseline(final List<Run> runs, final String name) {
        final Run base = runs.stream().filter(run -> run.name().equals(name)).findFirst().orElseThrow(() ->
            new ConvokeException("There is no run '" + name + "'; choose from "
                + runs.stream().map(Run::name).collect(Collectors.joining(", ")) + "."));
        final List<Run> ordered = new ArrayList<>(List.of(base));
        runs.stream().filter(run -> run != base).forEach(ordered::add);
        return ordered;
    }

    /** All sections that the runs have something for; runs are compared with the first of their kind. */
    public static List<Section> of(final List<Run> runs) {
        final List<Section> sections = new ArrayList<>();
        add(sections, runs, ServeSection::has, ServeSection::of);
        add(sections, runs, StageSection::has, StageSection::of);
        add(sections, runs, DeploymentSection::has, DeploymentSection::of);
        final Map<String, List<Run>> tables = new LinkedHashMap<>();
        runs.stream().filter(run -> !run.tables().isEmpty() && !DeploymentSection.has(run))
            .forEach(run -> tables.computeIfAbsent(run.kind(), _ -> new ArrayList<>()).add(run));
        tables.forEach((kind, ofKind) -> sections.add(tables(kind, ofKind)));
        add(sections, runs, LoadSection::has, LoadSection::of);
        sections.add(headers(runs));
        return sections;
    }

    private static void add(final List<Section> sections, final List<Run> runs, final Predicate<Run> has,
        final Function<List<Run>, Section> section) {
        final List<Run> with = runs.stream().filter(has).toList();
        if (!with.isEmpty()) {
            sections.add(section.apply(with));
        }
    }

    private static Section tables(final String kind, final List<Run> runs) {
        final List<Block> blocks = new ArrayList<>();
        for (final Run run : runs) {
            run.tables().forEach(table -> blocks.add(new Section.Listing(caption(run, table), table)));
        }
        return new Section(Names.file(kind), TITLES.getOrDefault(kind, kind), "", blocks);
    }

    private static String caption(final Run run, final Table table) {
        final boolean ranges = table.rows().stream().flatMap(List::stream)
            .anyMatch(cell -> cell instanceof final Table.Number number && !number.note().isEmpty());
        return "Results of " + run.name() + (ranges ? ": medians, and below them the least and the most of all samples."
            : ".");
    }

    private static Section headers(final List<Run> runs) {
        final List<Block> blocks = new ArrayList<>();
        for (final Run run : runs) {
            final List<Run> alike = runs.stream().filter(other -> other.kind().equals(run.kind())).toList();
            final Set<String> special = new LinkedHashSet<>(run.settings().keySet());
            special.removeIf(key -> alike.stream()
                .allMatch(other -> Objects.equals(other.settings().get(key), run.settings().get(key))));
            blocks.add(new Section.Header(run, special));
        }
        return new Section("runs", "Runs", "What ran, where, and how. Settings in which runs of one kind differ stand "
            + "out.", blocks);
    }
}
