package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.convoke.core.DType;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LogitAdjustmentsTest {
    private static final float OUT = Float.NEGATIVE_INFINITY;
    private static final int VOCABULARY = 12;

    private final SplittableRandom random = Seeds.random("logit adjustments");

    /** Adjusts logits 1, 2, 3, -4 after a prompt of token 0 and the sampled tokens. */
    private static float[] adjusted(final SamplingParameters parameters, final int... sampled) {
        final float[] logits = {1, 2, 3, -4};
        new LogitAdjustments(logits.length).apply(logits, parameters, sequence(parameters, new int[] {0}, sampled));
        return logits;
    }

    private static Sequence sequence(final SamplingParameters parameters, final int[] prompt, final int... sampled) {
        final Sequence sequence = new Sequence(GenerationRequest.of(prompt).maxTokens(64).sampling(parameters)
            .endTokens(3).build(), null);
        for (final int token : sampled) {
            sequence.append(token);
        }
        return sequence;
    }

    private static SamplingParameters.Builder parameters() {
        return SamplingParameters.builder();
    }

    @Test
    void shouldExcludeWhatIsNotAllowed() {
        assertArrayEquals(new float[] {OUT, 2, OUT, -4}, adjusted(parameters().allowedTokens(3, 1).build()));
    }

    @Test
    void shouldExcludeTheEndOfABadWordAfterItsBeginningAlone() {
        final SamplingParameters parameters = parameters().badWords(List.of(new int[] {1, 2}, new int[] {0})).build();
        assertArrayEquals(new float[] {OUT, 2, 3, -4}, adjusted(parameters));
        assertArrayEquals(new float[] {OUT, 2, OUT, -4}, adjusted(parameters, 2, 1));
        assertArrayEquals(new float[] {OUT, 2, 3, -4}, adjusted(parameters, 1, 3));
    }

    @Test
    void shouldExcludeEndTokensBeforeTheLeastNumber() {
        final SamplingParameters parameters = parameters().minTokens(2).build();
        assertArrayEquals(new float[] {1, 2, 3, OUT}, adjusted(parameters, 1));
        assertArrayEquals(new float[] {1, 2, 3, -4}, adjusted(parameters, 1, 1));
    }

    @Test
    void shouldAddBiases() {
        assertArrayEquals(new float[] {1, 12, 3, -104},
            adjusted(parameters().logitBias(Map.of(1, 10f, 3, -100f)).build()));
    }

    @Test
    void shouldPenaliseWhatOccurred() {
        assertArrayEquals(new float[] {0.5f, 2, 1.5f, -8},
            adjusted(parameters().repetitionPenalty(2).build(), 2, 3, 2));
        assertArrayEquals(new float[] {1, 2, 2, -4.5f},
            adjusted(parameters().frequencyPenalty(0.5f).build(), 2, 3, 2));
        assertArrayEquals(new float[] {1, 2, 2, -5}, adjusted(parameters().presencePenalty(1).build(), 2, 3, 2));
    }

    @Test
    void shouldForgetOneSequenceBeforeTheNext() {
        final LogitAdjustments adjustments = new LogitAdjustments(4);
        final SamplingParameters parameters = parameters().allowedTokens(0, 2).presencePenalty(1).build();
        adjustments.apply(new float[4], parameters, sequence(parameters, new int[] {1}, 2, 2, 3));
        final float[] logits = {1, 1, 1, 1};
        adjustments.apply(logits, parameters, sequence(parameters, new int[] {1}, 0));
        assertArrayEquals(new float[] {0, OUT, 1, OUT}, logits);
    }

    @Test
    void shouldRefuseParametersOutOfRange() {
        assertThrows(IllegalArgumentException.class, () -> parameters().minP(1.1f));
        assertThrows(IllegalArgumentException.class, () -> parameters().minP(Float.NaN));
        assertThrows(IllegalArgumentException.class, () -> parameters().repetitionPenalty(0));
        assertThrows(IllegalArgumentException.class, () -> parameters().presencePenalty(2.5f));
        assertThrows(IllegalArgumentException.class, () -> parameters().frequencyPenalty(-3));
        assertThrows(IllegalArgumentException.class, () -> parameters().logitBias(Map.of(1, 101f)));
        assertThrows(IllegalArgumentException.class, () -> parameters().allowedTokens(-1));
        assertThrows(IllegalArgumentException.class, () -> parameters().badWords(List.of(new int[0])));
        assertThrows(IllegalArgumentException.class, () -> parameters().minTokens(-1));
    }

    /** The whole way from logits to the token against sorted lists and maps. */
    @Test
    void shouldDrawAsAPlainDescriptionDoes() {
        try (Arena arena = Arena.ofConfined()) {
            final RowBuffer rows = new RowBuffer(arena, DType.F32, 1, VOCABULARY);
            final Sampler sampler = new Sampler(VOCABULARY);
            for (int round = 0; round < 5_000; round++) {
                for (int token = 0; token < VOCABULARY; token++) {
                    rows.set(0, token, random.nextInt(-32, 33) / 8f);
                }
                sampler.load(rows, 0);
                final Sequence sequence = sequence(anyParameters(round), tokens(random.nextInt(1, 6)),
                    tokens(random.nextInt(0, 8)));
                assertEquals(plainly(rows, sequence), sampler.sample(sequence), "round " + round);
            }
        }
    }

    private int[] tokens(final int count) {
        return random.ints(count, 0, VOCABULARY).toArray();
    }

    private SamplingParameters anyParameters(final long seed) {
        final SamplingParameters.Builder builder = parameters().seed(seed).temperature(random.nextInt(4) / 2f)
            .topK(random.nextInt(8)).topP(random.nextBoolean() ? 1 : 0.7f)
            .minP(random.nextBoolean() ? 0 : 0.2f).repetitionPenalty(random.nextBoolean() ? 1 : 1.5f)
            .presencePenalty(random.nextInt(3) - 1).frequencyPenalty(random.nextInt(3) / 2f)
            .minTokens(random.nextInt(4)).logitBias(Map.of(random.nextInt(VOCABULARY), random.nextInt(-4, 5) / 2f));
        if (random.nextInt(3) == 0) {
            builder.allowedTokens(tokens(random.nextInt(1, 6)));
        }
        return random.nextInt(3) > 0 ? builder.build()
            : builder.badWords(List.of(tokens(1), tokens(2), tokens(3))).build();
    }

    private static int plainly(final RowBuffer rows, final Sequence sequence) {
        final SamplingParameters p = sequence.request().sampling();
        final Map<Integer, Float> logits = new HashMap<>();
        final List<Integer> all = IntStream.range(0, sequence.length()).map(sequence::token).boxed().toList();
        final List<Integer> sampled = all.subList(sequence.request().promptLength(), all.size());
        for (int token = 0; token < VOCABULARY; token++) {
            final int t = token;
            final boolean allowed = p.allowedTokens().length == 0
                || IntStream.of(p.allowedTokens()).anyMatch(a -> a == t);
            if (allowed && !completesBadWord(p, sampled, t) && !(t == 3 && sampled.size() < p.minTokens())) {
                float logit = rows.get(0, t);
                for (int i = 0; i < p.biasedTokens().length; i++) {
                    logit += p.biasedTokens()[i] == t ? p.biases()[i] : 0;
                }
                if (all.contains(t)) {
                    logit = logit > 0 ? logit / p.repetitionPenalty() : logit * p.repetitionPenalty();
                }
                final int times = (int)sampled.stream().filter(s -> s == t).count();
                logits.put(t, logit - times * p.frequencyPenalty() - (times > 0 ? p.presencePenalty() : 0));
            }
        }
        return logits.isEmpty() ? -1 : drawn(logits, p, sequence.length());
    }

    private static boolean completesBadWord(final SamplingParameters p, final List<Integer> sampled, final int token) {
        final List<Integer> after = new ArrayList<>(sampled);
        after.add(token);
        for (final int[] word : p.badWords()) {
            final List<Integer> boxed = IntStream.of(word).boxed().toList();
            if (after.size() >= word.length
                && after.subList(after.size() - word.length, after.size()).equals(boxed)) {
                return true;
            }
        }
        return false;
    }

    private static int drawn(final Map<Integer, Float> logits, final SamplingParameters p, final int position) {
        final List<Integer> order = new ArrayList<>(logits.keySet());
        order.sort(Comparator.comparing((Integer token) -> -logits.get(token)).thenComparing(token -> token));
        if (p.isGreedy()) {
            return order.getFirst();
        }
        final Map<Integer, Double> weights = new HashMap<>();
        final float largest = logits.get(order.getFirst());
        order.forEach(t -> weights.put(t, (double)dev.convoke.tensor.CanonicalMath.exp(
            (logits.get(t) - largest) / p.temperature())));
        order.removeIf(t -> weights.get(t) < p.minP());
        if (p.topK() > 0 && p.topK() < order.size()) {
            order.subList(p.topK(), order.size()).clear();
        }
        final double total = order.stream().mapToDouble(weights::get).sum();
        int kept = 0;
        double nucleus = 0;
        while (kept == 0 || kept < order.size() && nucleus < p.topP() * total) {
            nucleus += weights.get(order.get(kept++));
        }
        final boolean cut = p.topK() > 0 && p.topK() < VOCABULARY || p.topP() < 1;
        final List<Integer> candidates = new ArrayList<>(order.subList(0, kept));
        if (!cut) {
            candidates.sort(null);
        }
        final double target = Sampler.uniform(p.seed(), p.choice(), position) * nucleus;
        double sum = 0;
        for (final int token : candidates) {
            sum += weights.get(token);
            if (sum > target) {
                return token;
            }
        }
        return order.getFirst();
    }
}
