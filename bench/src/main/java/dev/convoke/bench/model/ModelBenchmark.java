package dev.convoke.bench.model;

import dev.convoke.bench.Ceilings;
import dev.convoke.bench.Spread;
import dev.convoke.server.deployment.ServedDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Tokens per second of prompts and of generation, and how near that is to what the machine can do. The floor of a phase
 * is what reading its weights takes, or its matrix products in f32, whichever is longer.
 */
public final class ModelBenchmark {
    private static final double GIGA = 1e9;

    private record Row(String test, String phase, int threads, int batch, ModelTest shape, List<PhaseSample> samples,
        double readCeiling, double operationsCeiling) {

        Spread spread(final ToDoubleFunction<PhaseSample> figure) {
            return Spread.of(samples.stream().mapToDouble(figure).toArray());
        }

        Spread tokensPerSecond() {
            return spread(PhaseSample::tokensPerSecond);
        }

        double readShare() {
            return spread(PhaseSample::bytesPerSecond).median() / readCeiling;
        }

        double operationsShare() {
            return spread(PhaseSample::operationsPerSecond).median() / operationsCeiling;
        }

        /** How many times as long as its floor the phase takes. */
        double gap() {
            return 1 / Math.max(readShare(), operationsShare());
        }

        Map<String, Object> toMap() {
            final Map<String, Object> map = new LinkedHashMap<>();
            map.put("test", test);
            map.put("phase", phase);
            map.put("threads", threads);
            map.put("batch", batch);
            map.put("parallel", shape.parallel());
            map.put("prompt_tokens", shape.promptTokens());
            map.put("generated_tokens", shape.generatedTokens());
            map.put("tokens_per_second", tokensPerSecond().toMap());
            map.put("weight_bytes_per_token", spread(sample -> sample.weightBytes() / sample.tokens()).median());
            map.put("weight_bytes_per_second", spread(PhaseSample::bytesPerSecond).toMap());
            map.put("operations_per_second", spread(PhaseSample::operationsPerSecond).toMap());
            map.put("read_ceiling_bytes_per_second", readCeiling);
            map.put("f32_ceiling_operations_per_second", operationsCeiling);
            map.put("share_of_read_ceiling", readShare());
            map.put("share_of_f32_ceiling", operationsShare());
            map.put("floor_tokens_per_second", tokensPerSecond().median() * gap());
            map.put("gap", gap());
            return map;
        }
    }

    private final Ceilings ceilings;
    private final int warmUps;
    private final int repeats;
    private final long seed;
    private final List<Row> rows = new ArrayList<>();
    private double weightBytes;

    /**
     * Holds everything to these ceilings.
     *
     * @param warmUps runs of each test before those that count
     * @param repeats runs that count
     * @param seed    of the prompts
     */
    public ModelBenchmark(final Ceilings ceilings, final int warmUps, final int repeats, final long seed) {
        this.ceilings = ceilings;
        this.warmUps = warmUps;
        this.repeats = repeats;
        this.seed = seed;
    }

    /**
     * Runs tests on one decoder.
     *
     * @param log     observes the decoder
     * @param threads of its kernels
     * @param batch   the most rows of its steps
     */
    public void run(final ServedDecoder served, final StepLog log, final int threads, final int batch,
        final List<ModelTest> tests) throws InterruptedException {
        final ModelRun run = new ModelRun(served, log, seed);
        weightBytes = run.weightBytes();
        for (final ModelTest test : tests) {
            for (int i = 0; i < warmUps; i++) {
                run.run(test);
            }
            final List<ModelRun.Phases> phases = new ArrayList<>();
            for (int i = 0; i < repeats; i++) {
                phases.add(run.run(test));
            }
            add(test, "prompt", threads, batch, phases.stream().map(ModelRun.Phases::prompt).toList());
            add(test, "generation", threads, batch, phases.stream().map(ModelRun.Phases::generation).toList());
        }
    }

    private void add(final ModelTest test, final String phase, final int threads, final int batch,
        final List<PhaseSample> samples) {
        if (samples.getFirst() != null) {
            rows.add(new Row(test.name(), phase, threads, batch, test, samples,
                ceilings.readBytesPerSecond(threads, Math.round(weightBytes)).median(),
                ceilings.f32OperationsPerSecond(threads).median()));
        }
    }

    /** Bytes of all weights as the last decoder packed them. */
    public double weightBytes() {
        return weightBytes;
    }

    /** For machines: an object for each phase of each test. */
    public List<Map<String, Object>> results() {
        return rows.stream().map(Row::toMap).toList();
    }

    /** For people. */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "Weights: %.1f MB.%n",
            weightBytes / 1e6)).append("| test | phase | threads | batch | tok/s | range | GB/s of weights "
            + "| of ceiling | GFLOP/s | of f32 peak | floor tok/s | gap |\n"
            + "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        for (final Row row : rows) {
            final Spread rate = row.tokensPerSecond();
            text.append(String.format(Locale.ROOT, "| %s | %s | %d | %d | %.1f | %.1f-%.1f | %.2f | %.0f %% | %.2f "
                + "| %.0f %% | %.0f | %.1fx |%n", row.test(), row.phase(), row.threads(), row.batch(), rate.median(),
                rate.least(), rate.most(), row.spread(PhaseSample::bytesPerSecond).median() / GIGA,
                100 * row.readShare(), row.spread(PhaseSample::operationsPerSecond).median() / GIGA,
                100 * row.operationsShare(), rate.median() * row.gap(), row.gap()));
        }
        return text.toString();
    }
}
