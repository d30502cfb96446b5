package dev.convoke.bench.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.bench.serve.LoadRequest;
import dev.convoke.bench.serve.RateSearch;
import dev.convoke.bench.serve.Slo;
import dev.convoke.bench.serve.client.ClientWarmUp;
import dev.convoke.bench.serve.results.Measurement;
import dev.convoke.bench.serve.results.ResultTable;
import dev.convoke.bench.serve.results.RunDescription;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The load generator. Exit code 1 when a request failed, or when no rate keeps the service level; 2 for wrong options.
 */
@Command(name = "serve", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Puts load on an OpenAI-compatible server and measures latency from the time each request was due. "
        + "Options and results are named as those of 'vllm bench serve'.")
final class ServeCommand implements Callable<Integer> {
    @Mixin
    private TargetOptions target = new TargetOptions();

    @Mixin
    private ArrivalOptions arrivals = new ArrivalOptions();

    @Mixin
    private DatasetOptions datasets = new DatasetOptions();

    @Mixin
    private BodyOptions body = new BodyOptions();

    @Mixin
    private ResultOptions results = new ResultOptions();

    @Mixin
    private SearchOptions search = new SearchOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        check();
        try (LoadSession session = new LoadSession(target, arrivals, datasets, body)) {
            final List<LoadRequest> requests = session.requests(datasets.count(), datasets.seed());
            session.awaitReady(requests.getFirst());
            ClientWarmUp.run();
            if (session.warmups() > 0) {
                session.warmUp(session.requests(session.warmups(), datasets.seed() + 1));
            }
            return search.wanted() ? find(session) : measure(session, requests);
        }
    }

    /** Throws unless the options make sense, before anybody is asked anything. */
    private void check() {
        target.backend();
        results.selection();
        arrivals.process(arrivals.requestRate());
        if (search.wanted()) {
            search.search();
            slo();
        }
    }

    private Slo slo() {
        return results.slo().orElseThrow(() -> new ConfigurationException(
            "--find-rate needs a service level; give --goodput, as in --goodput ttft:500 tpot:50."));
    }

    private int measure(final LoadSession session, final List<LoadRequest> requests) throws InterruptedException {
        final Measurement measured = session.run(requests, arrivals.requestRate(), datasets.seed(),
            results.silent() ? null : spec.commandLine().getErr());
        return report(session, measured, arrivals.requestRate(), _ -> { });
    }

    private int report(final LoadSession session, final Measurement measured, final double perSecond,
        final Consumer<ObjectNode> more) {
        final RunDescription description = description(session.model(), perSecond);
        final PrintWriter out = spec.commandLine().getOut();
        out.print(ResultTable.of(measured, results.selection(), description));
        out.flush();
        results.write(measured, description, more);
        return measured.failed() > 0 ? 1 : 0;
    }

    private RunDescription description(final String model, final double perSecond) {
        return new RunDescription(target.backend(), target.address().toString(), target.route(), model,
            datasets.tokenizerName(), datasets.name(), arrivals.describe(perSecond), perSecond, arrivals.burstiness(),
            arrivals.maxConcurrency(), datasets.seed(), results.label(), results.metadata());
    }

    private int find(final LoadSession session) throws InterruptedException {
        final Slo slo = slo();
        final PrintWriter out = spec.commandLine().getOut();
        final RateSearch rates = search.search();
        final double first = Double.isFinite(arrivals.requestRate()) ? arrivals.requestRate() : 1;
        final AtomicReference<Measurement> last = new AtomicReference<>();
        final OptionalDouble found = rates.find(first, (perSecond, number) -> {
            final long seed = datasets.seed() + number;
            final Measurement measured = session.run(session.requests(search.requests(perSecond), seed), perSecond,
                seed, null);
            last.set(measured);
            final double kept = (double)slo.countGood(measured.outcomes()) / measured.outcomes().size();
            out.printf(Locale.ROOT, "%8.2f req/s: %5.1f %% of %d requests within the SLO, %d failed%n", perSecond,
                100 * kept, measured.outcomes().size(), measured.failed());
            out.flush();
            return kept;
        });
        if (found.isEmpty()) {
            throw new ConvokeException("No rate was found at which " + 100 * search.share()
                + " % of the requests keep the service level; loosen --goodput or lengthen --trial-sec.");
        }
        final double perSecond = found.getAsDouble();
        report(session, last.get(), perSecond, result -> putSearch(result, rates, perSecond));
        out.printf(Locale.ROOT, "Highest rate that keeps the SLO for %.0f %% of requests: %.2f req/s (confirmed; "
            + "resolution %.0f %%)%n", 100 * search.share(), perSecond, 100 * search.resolution());
        out.flush();
        return 0;
    }

    private void putSearch(final ObjectNode result, final RateSearch rates, final double perSecond) {
        final ObjectNode node = result.putObject("find_rate");
        node.put("request_rate", perSecond);
        node.put("slo_attainment", search.share());
        node.put("resolution", search.resolution());
        rates.trials().forEach(trial -> node.withArray("trials").addObject().put("request_rate", trial.perSecond())
            .put("slo_attainment", trial.shareKept()).put("passed", trial.passed()));
    }
}
