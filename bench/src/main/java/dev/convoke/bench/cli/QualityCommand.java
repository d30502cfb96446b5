package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.bench.quality.Passages;
import dev.convoke.bench.quality.Scorer;
import dev.convoke.bench.quality.Scores;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.Precision;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Perplexity and agreement of checkpoints that hold the same model in different types. */
@Command(name = "quality", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Scores the same texts with several checkpoints of one model: perplexity, and how often the most "
        + "likely token is that of the first checkpoint.")
final class QualityCommand implements Callable<Integer> {
    private static final double MB = 1e6;

    @Parameters(paramLabel = "MODEL", arity = "1..*",
        description = "Checkpoints, directories or GGUF files; the first is what others are held to.")
    private List<String> models;

    @Option(names = "--dtype", paramLabel = "TYPE[,TYPE...]", split = ",",
        description = "Type of matmul inputs and KV: f32 or bf16; or int8: products in 8 bits. One for all "
            + "checkpoints, or one for each. Default: each checkpoint's own.")
    private List<String> dtypes = List.of();

    @Mixin
    private ScoringOptions scoring = new ScoringOptions();

    @Mixin
    private ReportOptions reporting = new ReportOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        scoring.check();
        if (dtypes.size() > 1 && dtypes.size() != models.size()) {
            throw new ConfigurationException("--dtype has " + dtypes.size() + " types for " + models.size()
                + " checkpoints; give one for all, or one for each.");
        }
        final Passages texts = scoring.passages();
        final Scorer scorer = new Scorer(texts);
        final List<Scores> scores = new ArrayList<>();
        for (int i = 0; i < models.size(); i++) {
            scores.add(scorer.score(scoring.model(models.get(i), dtype(i).map(Precision::named))));
        }
        final StringWriter text = new StringWriter();
        print(new PrintWriter(text), texts, scores);
        reporting.print(spec.commandLine().getOut(), text.toString(),
            BenchmarkReport.here("quality", settings(texts), results(scores)));
        return 0;
    }

    private void print(final PrintWriter out, final Passages texts, final List<Scores> scores) {
        out.printf("%d tokens of %d texts%n%n", texts.scored(), texts.tokens().size());
        out.println("| checkpoint | weights, MB | perplexity | of the first | same likeliest token |");
        out.println("|---|---:|---:|---:|---:|");
        for (int i = 0; i < scores.size(); i++) {
            final Scores one = scores.get(i);
            out.printf(Locale.ROOT, "| %s | %.1f | %.4f | %+.2f %% | %.2f %% |%n", name(i), one.weightBytes() / MB,
                one.perplexity(), 100 * (one.perplexity() / scores.getFirst().perplexity() - 1),
                100 * one.agreement(scores.getFirst()));
        }
    }

    private List<Map<String, Object>> results(final List<Scores> scores) {
        final List<Map<String, Object>> results = new ArrayList<>();
        for (int i = 0; i < scores.size(); i++) {
            final Scores one = scores.get(i);
            final Map<String, Object> result = new LinkedHashMap<>();
            result.put("checkpoint", name(i));
            result.put("weight_bytes", one.weightBytes());
            result.put("mean_nll", one.meanNll());
            result.put("perplexity", one.perplexity());
            result.put("perplexity_ratio", one.perplexity() / scores.getFirst().perplexity());
            result.put("same_likeliest_token", one.agreement(scores.getFirst()));
            results.add(result);
        }
        return results;
    }

    private Optional<String> dtype(final int model) {
        return dtypes.isEmpty() ? Optional.empty() : Optional.of(dtypes.get(dtypes.size() == 1 ? 0 : model));
    }

    private String name(final int model) {
        final String file = Path.of(models.get(model)).toAbsolutePath().normalize().getFileName().toString();
        return dtypes.size() > 1 ? file + " in " + dtypes.get(model) : file;
    }

    private Map<String, Object> settings(final Passages texts) {
        final Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("texts", texts.tokens().size());
        settings.put("tokens", texts.scored());
        settings.put("dtype", dtypes.isEmpty() ? "each checkpoint's own" : String.join(",", dtypes));
        settings.put("backend", scoring.backend());
        return settings;
    }
}
