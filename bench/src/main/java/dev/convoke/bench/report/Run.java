package dev.convoke.bench.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** What one run left behind, in parts that any section may use; most runs have only some. Immutable. */
public final class Run {
    private final String name;
    private final String kind;
    private final String date;
    private final List<String> files;
    private final Map<String, String> machine;
    private final Map<String, String> settings;
    private final Map<Measure, Double> measures;
    private final Map<String, Percentiles> distributions;
    private final Map<String, Timeline> timelines;
    private final List<Breakdown> breakdowns;
    private final List<Grid> grids;
    private final List<Table> tables;
    private final OptionalDouble load;

    private Run(final String name, final Builder parts) {
        this.name = name;
        this.kind = parts.kind.isEmpty() ? "histograms" : parts.kind;
        this.date = parts.date;
        this.files = List.copyOf(parts.files);
        this.machine = Collections.unmodifiableMap(parts.machine);
        this.settings = Collections.unmodifiableMap(parts.settings);
        this.measures = Collections.unmodifiableMap(parts.measures);
        this.distributions = Collections.unmodifiableMap(parts.distributions);
        this.timelines = Collections.unmodifiableMap(parts.timelines);
        this.breakdowns = List.copyOf(parts.breakdowns);
        this.grids = List.copyOf(parts.grids);
        this.tables = List.copyOf(parts.tables);
        this.load = parts.load;
    }

    /** Its name, the only one of its name in a report. */
    public String name() {
        return name;
    }

    /** Which benchmark it was: {@code serve}, {@code stages}, {@code exchange} and so on. */
    public String kind() {
        return kind;
    }

    /** When it was, as its file says; empty where it does not. */
    public String date() {
        return date;
    }

    /** The files it was read from. */
    public List<String> files() {
        return files;
    }

    /** What it ran on. */
    public Map<String, String> machine() {
        return machine;
    }

    /** What was asked for. */
    public Map<String, String> settings() {
        return settings;
    }

    /** Figures to compare it by. */
    public Map<Measure, Double> measures() {
        return measures;
    }

    /** Latencies, by metric. */
    public Map<String, Percentiles> distributions() {
        return distributions;
    }

    /** Latencies over time, by metric. */
    public Map<String, Timeline> timelines() {
        return timelines;
    }

    /** Amounts that add up. */
    public List<Breakdown> breakdowns() {
        return breakdowns;
    }

    /** Loads by layer and expert. */
    public List<Grid> grids() {
        return grids;
    }

    /** Everything else. */
    public List<Table> tables() {
        return tables;
    }

    /** Requests per second that were offered. */
    public OptionalDouble load() {
        return load;
    }

    /** Collects the parts, which may come from several files. */
    public static final class Builder {
        private final List<String> files = new ArrayList<>();
        private final Map<String, String> machine = new LinkedHashMap<>();
        private final Map<String, String> settings = new LinkedHashMap<>();
        private final Map<Measure, Double> measures = new LinkedHashMap<>();
        private final Map<String, Percentiles> distributions = new LinkedHashMap<>();
        private final Map<String, Timeline> timelines = new LinkedHashMap<>();
        private final List<Breakdown> breakdowns = new ArrayList<>();
        private final List<Grid> grids = new ArrayList<>();
        private final List<Table> tables = new ArrayList<>();
        private String kind = "";
        private String date = "";
        private OptionalDouble load = OptionalDouble.empty();

        /** The benchmark's name, which the file of results says. */
        public Builder kind(final String benchmark) {
            kind = benchmark;
            return this;
        }

        /** When it was. */
        public Builder date(final String when) {
            date = when;
            return this;
        }

        /** Another file that belongs to it. */
        public Builder file(final String path) {
            files.add(path);
            return this;
        }

        /** Something about the machine. */
        public Builder machine(final String key, final String value) {
            machine.put(key, value);
            return this;
        }

        /** Something that was asked for. */
        public Builder setting(final String key, final String value) {
            settings.put(key, value);
            return this;
        }

        /** A figure. */
        public Builder measure(final Measure measure, final double value) {
            measures.put(measure, value);
            return this;
        }

        /** A distribution, unless a finer one of the metric is there. */
        public Builder distribution(final String metric, final Percentiles percentiles) {
            distributions.merge(metric, percentiles,
                (old, added) -> old.points().size() >= added.points().size() ? old : added);
            return this;
        }

        /** How a metric went, unless that is there already. */
        public Builder timeline(final String metric, final Timeline timeline) {
            timelines.putIfAbsent(metric, timeline);
            return this;
        }

        /** Amounts that add up. */
        public Builder breakdown(final Breakdown breakdown) {
            breakdowns.add(breakdown);
            return this;
        }

        /** Loads of experts. */
        public Builder grid(final Grid grid) {
            grids.add(grid);
            return this;
        }

        /** A table. */
        public Builder table(final Table table) {
            tables.add(table);
            return this;
        }

        /** Requests per second that were offered. */
        public Builder load(final double perSecond) {
            load = OptionalDouble.of(perSecond);
            return this;
        }

        /** The run, under a name. */
        public Run build(final String name) {
            return new Run(name, this);
        }
    }
}
