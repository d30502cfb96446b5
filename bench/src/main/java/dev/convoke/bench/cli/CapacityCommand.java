package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.bench.quality.CapacityTrial;
import dev.convoke.bench.quality.Passages;
import dev.convoke.bench.quality.Scorer;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NearestName;
import dev.convoke.gating.Capacity;
import dev.convoke.gating.CapacityPolicy;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.ModelSettings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a capacity of the experts leaves out, what that does to a model's quality, and what time it saves. */
@Command(name = "capacity", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Scores the same texts under several capacities of the experts, in turns, on paced hosts in this "
        + "process: what is dropped, perplexity, and what a layer takes; all against dropless.")
final class CapacityCommand implements Callable<Integer> {
    private static final double PERCENT = 100;

    @Option(names = "--model", paramLabel = "PATH", defaultValue = "models/tiny-moe",
        description = "Checkpoint. Default: ${DEFAULT-VALUE}")
    private String model;

    @Option(names = "--policies", paramLabel = "NAME", split = ",", defaultValue = "expanded-drop,drop",
        description = "spill, expanded-drop or drop. Default: ${DEFAULT-VALUE}")
    private List<String> policies;

    @Option(names = "--factors", paramLabel = "FACTOR", split = ",", defaultValue = "1.0,1.5,2.0",
        description = "Capacity factors of each policy. Default: ${DEFAULT-VALUE}")
    private List<Double> factors;

    @Option(names = "--hosts", paramLabel = "N", defaultValue = "8",
        description = "Expert hosts. Default: ${DEFAULT-VALUE}")
    private int hosts;

    @Option(names = "--replicas", paramLabel = "N", defaultValue = "1",
        description = "Hosts that hold each expert. Default: ${DEFAULT-VALUE}")
    private int replicas;

    @Option(names = "--pace", paramLabel = "NAME=VALUE", split = ",", defaultValue = "bandwidth=8GB,rate=2Gflop",
        description = "Of the hosts, as 'serve' takes it. It must leave time for the real computation, which all hosts "
            + "of this process share. Default: ${DEFAULT-VALUE}")
    private Map<String, String> pace;

    @Option(names = "--repeat", paramLabel = "N", defaultValue = "3",
        description = "Rounds that count, after one of dropless that does not. Default: ${DEFAULT-VALUE}")
    private int repeat;

    @Mixin
    private ScoringOptions scoring = new ScoringOptions();

    @Mixin
    private ReportOptions reporting = new ReportOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        RepetitionOptions.atLeastOne("--repeat", repeat);
        RepetitionOptions.atLeastOne("--hosts", hosts);
        scoring.check();
        final List<CapacityTrial> trials = trials();
        final Passages texts = scoring.passages();
        final Scorer scorer = new Scorer(texts);
        final ModelSettings settings = scoring.model(model, Optional.empty());
        final ExpertSettings experts = ExpertSettings.local(ExpertSettings.IN_PROCESS, hosts, "round-robin", List.of())
            .withReplicas(replicas).withPace(pace);
        new CapacityTrial(Capacity.DROPLESS).run(scorer, settings, experts);
        for (int round = 0; round < repeat; round++) {
            for (final CapacityTrial trial : trials) {
                trial.run(scorer, settings, experts);
            }
        }
        final List<Map<String, Object>> results = trials.stream().map(trial -> trial.toMap(trials.getFirst()))
            .toList();
        final StringWriter text = new StringWriter();
        print(new PrintWriter(text), texts, results);
        reporting.print(spec.commandLine().getOut(), text.toString(), BenchmarkReport.here("capacity",
            settings(texts), results));
        return 0;
    }

    /** Dropless, which the others are held to, and every policy with every factor. */
    private List<CapacityTrial> trials() {
        final List<CapacityTrial> trials = new ArrayList<>(List.of(new CapacityTrial(Capacity.DROPLESS)));
        for (final String policy : policies) {
            if (!CapacityPolicy.labels().contains(policy)) {
                throw new ConfigurationException("--policies has '" + policy + "'; choose from "
                    + String.join(", ", CapacityPolicy.labels()) + NearestName.hint(policy, CapacityPolicy.labels())
                    + ".");
            }
            factors.forEach(factor -> trials.add(new CapacityTrial(
                new Capacity(CapacityPolicy.named(policy), factor))));
        }
        return trials;
    }

    private void print(final PrintWriter out, final Passages texts, final List<Map<String, Object>> results) {
        out.printf("%d tokens of %d texts, %d hosts, %d of them for each expert%n%n", texts.scored(),
            texts.tokens().size(), hosts, replicas);
        out.println("| policy | factor | beyond capacity | spilled | rerouted | dropped | perplexity | of dropless "
            + "| same likeliest token | layer, mean ms | p99 ms | p99 of dropless |");
        out.println("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        for (final Map<String, Object> result : results) {
            out.printf(Locale.ROOT, "| %s | %s | %.2f %% | %.2f %% | %.2f %% | %.2f %% | %.4f | %+.2f %% | %.2f %% "
                + "| %.2f | %.2f | %.2f |%n", result.get("policy"),
                "Infinity".equals(result.get("factor")) ? "" : result.get("factor"),
                percent(result, "exceeded_share"), percent(result, "spilled_share"),
                percent(result, "rerouted_share"), percent(result, "dropped_share"), result.get("perplexity"),
                percent(result, "perplexity_ratio") - PERCENT, percent(result, "same_likeliest_token"),
                result.get("layer_mean_ms"), result.get("layer_p99_ms"), result.get("layer_p99_ratio"));
        }
        out.flush();
    }

    private static double percent(final Map<String, Object> result, final String name) {
        return PERCENT * (double)result.get(name);
    }

    private Map<String, Object> settings(final Passages texts) {
        final Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("model", model);
        settings.put("texts", texts.tokens().size());
        settings.put("tokens", texts.scored());
        settings.put("hosts", hosts);
        settings.put("replicas", replicas);
        settings.put("pace", pace);
        settings.put("repeat", repeat);
        settings.put("backend", scoring.backend());
        settings.put("threads", scoring.threads());
        return settings;
    }
}
