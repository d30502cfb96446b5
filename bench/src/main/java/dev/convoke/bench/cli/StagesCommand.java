package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.bench.stages.RecordingCost;
import dev.convoke.bench.stages.StageReport;
import dev.convoke.bench.stages.StageRun;
import dev.convoke.bench.stages.StageRuns;
import dev.convoke.core.ConvokeException;
import dev.convoke.server.cli.DecoderOptions;
import dev.convoke.server.deployment.ServedDecoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Where the time of decoding goes, whether all of it is accounted for, and what accounting takes. Exit code 1 when the
 * stages do not add up to the time seen from outside within 5 %, or when timing takes more than 1 % of it.
 */
@Command(name = "stages", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Divides the time of decoding into stages and holds their sum to the time seen from outside.",
    exitCodeListHeading = "%nExit codes:%n", exitCodeList = {
        "0:The stages add up to that time within 5 %%, and timing took at most 1 %% of it.",
        "1:They do not, or it took more, or nothing could be measured.", "2:The command line is wrong."})
public final class StagesCommand implements Callable<Integer> {
    private static final Duration READY_LIMIT = Duration.ofSeconds(30);

    @Option(names = "--streams", paramLabel = "N", defaultValue = "1",
        description = "Streams that decode together. Default: ${DEFAULT-VALUE}")
    private int streams;

    @Option(names = "--tokens", paramLabel = "N", defaultValue = "512",
        description = "Tokens of each stream. Default: ${DEFAULT-VALUE}")
    private int tokens;

    @Option(names = "--warm-up-rounds", paramLabel = "N", defaultValue = "12",
        description = "Rounds before those that count. Default: ${DEFAULT-VALUE}")
    private int warmUpRounds;

    @Option(names = "--repeat", paramLabel = "N", defaultValue = "5",
        description = "Rounds that count; claims are held to their medians. Default: ${DEFAULT-VALUE}")
    private int repeat;

    @Mixin
    private ReportOptions reporting = new ReportOptions();

    @Mixin
    private DecoderOptions decoder = new DecoderOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        RepetitionOptions.atLeastOne("--streams", streams);
        RepetitionOptions.atLeastOne("--tokens", tokens);
        RepetitionOptions.atLeastOne("--repeat", repeat);
        final RecordingCost cost = RecordingCost.measure();
        try (ServedDecoder served = decoder.start()) {
            if (!served.awaitReady(READY_LIMIT)) {
                throw new ConvokeException(String.join(" ", served.health().reasons()));
            }
            final StageRun run = new StageRun(served, streams, tokens);
            for (int round = 0; round < warmUpRounds; round++) {
                run.run(cost);
            }
            final List<StageReport> reports = new ArrayList<>();
            for (int round = 0; round < repeat; round++) {
                reports.add(run.run(cost));
            }
            final StageRuns runs = new StageRuns(reports);
            print(runs);
            return runs.hold() ? 0 : 1;
        }
    }

    private void print(final StageRuns runs) {
        final Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("streams", streams);
        settings.put("tokens", tokens);
        settings.put("warm_up_rounds", warmUpRounds);
        settings.put("repeat", repeat);
        reporting.print(spec.commandLine().getOut(), runs.toString(),
            BenchmarkReport.here("stages", settings, List.of(runs.toMap())));
    }
}
