package dev.convoke.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.loadbalance.trace.TraceStatistics;
import dev.convoke.server.TraceFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What routing traces say. */
@Command(name = "stats", mixinStandardHelpOptions = true, sortOptions = false, description = "Shows the load of the "
    + "experts in routing traces by layer and domain: how uneven it is, which experts are chosen together, and how "
    + "many a step wakes.")
final class PlacementStatsCommand implements Callable<Integer> {
    @Parameters(paramLabel = "TRACE", arity = "1..*", description = "Files of placement record, of one model; what "
        + "they hold is added up.")
    private List<Path> traces = List.of();

    @Option(names = "--json", description = "Print one JSON object instead, with all figures.")
    private boolean json;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws JsonProcessingException {
        final TraceStatistics statistics = TraceFile.statistics(traces);
        final PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(new ObjectMapper().writeValueAsString(TraceFigures.of(statistics, traces)));
        } else {
            new TraceTable(out, HeatMap.ofCharset(System.out.charset())).print(statistics, traces.size());
        }
        out.flush();
        return 0;
    }
}
