package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.bench.resilience.Line;
import dev.convoke.bench.resilience.Resilience;
import dev.convoke.bench.resilience.Settings;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NearestName;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What clients notice when expert hosts die, hang, slow down, lose frames or are moved, or their coordinator dies. */
@Command(name = "resilience", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Kills, stops, slows and moves expert hosts, and kills their coordinator, while clients stream, and "
        + "judges what these see.",
    exitCodeListHeading = "%nExit codes:%n", exitCodeList = {
        "0:Every line with a goal keeps it.", "1:Some do not, or a trial could not be done.",
        "2:The command line is wrong."})
public final class ResilienceCommand implements Callable<Integer> {
    private static final int FIRST_PORT = 18400;
    private static final int LAST_PORT = 65_000;

    @Option(names = "--trials", split = ",", paramLabel = "NAME", description = "Those to do, of kill, stop, loss-1, "
        + "loss-5, spikes, slow, spare, last-resort, none-left, move, rollback and coordinator. "
        + "Default: all")
    private List<String> trials = Resilience.names();

    @Option(names = "--kills", paramLabel = "N", defaultValue = "20",
        description = "Times that a host is killed in the trial of that name. Default: ${DEFAULT-VALUE}")
    private int kills;

    @Option(names = "--repeat", paramLabel = "N", defaultValue = "5",
        description = "Times that each other thing is done; runs that are compared take turns. "
            + "Default: ${DEFAULT-VALUE}")
    private int repeat;

    @Option(names = "--streams", paramLabel = "N", defaultValue = "8",
        description = "Clients that stream. Default: ${DEFAULT-VALUE}")
    private int streams;

    @Option(names = "--tokens", paramLabel = "N", defaultValue = "32",
        description = "Tokens of each answer. Default: ${DEFAULT-VALUE}")
    private int tokens;

    @Option(names = "--seed", paramLabel = "N", description = "Of hosts and moments that are drawn. Default: drawn")
    private Long seed;

    @Option(names = "--model", paramLabel = "PATH", defaultValue = "models/tiny-moe",
        description = "Checkpoint. Default: ${DEFAULT-VALUE}")
    private String model;

    @Option(names = "--base-port", paramLabel = "PORT", defaultValue = "" + FIRST_PORT,
        description = "First of 200 ports that processes listen on. Default: ${DEFAULT-VALUE}")
    private int basePort;

    @Mixin
    private ReportOptions reporting = new ReportOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        check();
        final Settings settings = new Settings(model, basePort, streams, tokens, kills, repeat,
            seed == null ? ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE) : seed);
        final PrintWriter err = spec.commandLine().getErr();
        err.println("seed " + settings.seed());
        err.flush();
        final List<Line> lines = new Resilience(settings, StreamedQuestions::new, line -> {
            err.println(line);
            err.flush();
        }).run(trials);
        reporting.print(spec.commandLine().getOut(), "Seed " + settings.seed() + ".\n\n" + Resilience.table(lines),
            report(settings, lines));
        return lines.stream().allMatch(Line::holds) ? 0 : 1;
    }

    private void check() {
        RepetitionOptions.atLeastOne("--kills", kills);
        RepetitionOptions.atLeastOne("--repeat", repeat);
        RepetitionOptions.atLeastOne("--streams", streams);
        RepetitionOptions.atLeastOne("--tokens", tokens);
        if (basePort < 1 || basePort > LAST_PORT) {
            throw new ConfigurationException("--base-port is " + basePort + "; choose 1 to " + LAST_PORT + ".");
        }
        for (final String trial : trials) {
            if (!Resilience.names().contains(trial)) {
                throw new ConfigurationException("--trials names '" + trial + "'; choose from "
                    + String.join(", ", Resilience.names()) + NearestName.hint(trial, Resilience.names()) + ".");
            }
        }
    }

    private BenchmarkReport report(final Settings settings, final List<Line> lines) {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("trials", trials);
        map.put("kills", kills);
        map.put("repeat", repeat);
        map.put("streams", streams);
        map.put("tokens", tokens);
        map.put("seed", settings.seed());
        map.put("model", model);
        return BenchmarkReport.here("resilience", map, lines.stream().map(Line::toMap).toList());
    }
}
