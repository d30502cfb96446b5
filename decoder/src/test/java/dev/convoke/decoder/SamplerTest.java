package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SamplerTest {
    private static final long SEED = 20_260_101;
    private static final int DRAWS = 40_000;
    /** Chi-square stays below it with probability 0.9999 for up to 9 degrees of freedom; the seeds are fixed. */
    private static final double CHI_SQUARE_LIMIT = 33.7;
    private static final float[] LOGITS = {0.5f, 2.0f, -1.0f, 1.5f, 0.0f, 2.5f, -3.0f, 1.0f, 0.25f, -0.5f};

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void closeArena() {
        arena.close();
    }

    private Sampler loaded(final float... logits) {
        final RowBuffer rows = new RowBuffer(arena, DType.F32, 2, logits.length);
        for (int token = 0; token < logits.length; token++) {
            rows.set(1, token, logits[token]);
        }
        final Sampler sampler = new Sampler(logits.length);
        assertTrue(sampler.load(rows, 1));
        return sampler;
    }

    private static double[] softmax(final float[] logits, final double temperature) {
        final double[] weights = new double[logits.length];
        double sum = 0;
        for (int token = 0; token < logits.length; token++) {
            weights[token] = StrictMath.exp(logits[token] / temperature);
            sum += weights[token];
        }
        for (int token = 0; token < logits.length; token++) {
            weights[token] /= sum;
        }
        return weights;
    }

    private static SamplingParameters parameters(final float temperature, final int topK, final float topP,
        final int choice) {
        return SamplingParameters.builder().temperature(temperature).topK(topK).topP(topP).seed(SEED).choice(choice)
            .build();
    }

    private static int[] histogram(final Sampler sampler, final SamplingParameters parameters) {
        final int[] counts = new int[LOGITS.length];
        for (int position = 0; position < DRAWS; position++) {
            counts[sampler.sample(parameters, position)]++;
        }
        return counts;
    }

    private static void assertDistributed(final double[] probabilities, final int[] counts) {
        double chiSquare = 0;
        for (int token = 0; token < counts.length; token++) {
            final double expected = probabilities[token] * DRAWS;
            if (expected == 0) {
                assertEquals(0, counts[token], "token " + token + " was cut");
            } else {
                chiSquare += (counts[token] - expected) * (counts[token] - expected) / expected;
            }
        }
        assertTrue(chiSquare < CHI_SQUARE_LIMIT, "chi-square " + chiSquare);
    }

    /** Keeps the given tokens and renormalises. */
    private static double[] keep(final double[] probabilities, final int... tokens) {
        final double[] kept = new double[probabilities.length];
        double sum = 0;
        for (final int token : tokens) {
            sum += probabilities[token];
        }
        for (final int token : tokens) {
            kept[token] = probabilities[token] / sum;
        }
        return kept;
    }

    @Test
    void shouldTakeMostLikelyWhenGreedyAndLowerIdOfEquals() {
        assertEquals(5, loaded(LOGITS).sample(SamplingParameters.GREEDY, 0));
        assertEquals(1, loaded(1, 3, 3, 2, 3).sample(SamplingParameters.GREEDY, 9));
        assertEquals(0, loaded(-0.0f, 0.0f).sample(SamplingParameters.GREEDY, 0));
    }

    @Test
    void shouldDrawFromSoftmaxWhenNothingIsCut() {
        assertDistributed(softmax(LOGITS, 1), histogram(loaded(LOGITS), parameters(1, 0, 1, 0)));
        assertDistributed(softmax(LOGITS, 0.7f), histogram(loaded(LOGITS), parameters(0.7f, 0, 1, 1)));
        assertDistributed(softmax(LOGITS, 2.5f), histogram(loaded(LOGITS), parameters(2.5f, 0, 1, 2)));
    }

    @Test
    void shouldDrawFromTopKAlone() {
        final double[] all = softmax(LOGITS, 1);
        assertDistributed(keep(all, 5, 1, 3), histogram(loaded(LOGITS), parameters(1, 3, 1, 3)));
        assertDistributed(all, histogram(loaded(LOGITS), parameters(1, 1_000, 1, 4)));
        assertDistributed(keep(all, 5), histogram(loaded(LOGITS), parameters(1, 1, 1, 5)));
    }

    @Test
    void shouldDrawFromSmallestSetThatHoldsTopP() {
        final double[] all = softmax(LOGITS, 1);
        final double firstTwo = all[5] + all[1];
        assertDistributed(keep(all, 5, 1), histogram(loaded(LOGITS), parameters(1, 0, (float)firstTwo - 1e-4f, 6)));
        assertDistributed(keep(all, 5, 1, 3), histogram(loaded(LOGITS), parameters(1, 0, (float)firstTwo + 1e-4f, 7)));
        assertDistributed(keep(all, 5), histogram(loaded(LOGITS), parameters(1, 0, 1e-6f, 8)));
    }

    @Test
    void shouldMeasureTopPWithinTopK() {
        final double[] all = softmax(LOGITS, 1);
        final double share = (all[5] + all[1]) / (all[5] + all[1] + all[3] + all[7]);
        assertDistributed(keep(all, 5, 1), histogram(loaded(LOGITS), parameters(1, 4, (float)share - 1e-4f, 9)));
        assertDistributed(keep(all, 5, 1, 3), histogram(loaded(LOGITS), parameters(1, 4, (float)share + 1e-4f, 10)));
    }

    @Test
    void shouldBreakTiesOfCutsByLowerId() {
        final Sampler sampler = loaded(1, 1, 1, 1);
        for (int position = 0; position < 1_000; position++) {
            assertTrue(sampler.sample(parameters(1, 2, 1, 0), position) < 2);
            assertTrue(sampler.sample(parameters(1, 0, 0.75f, 0), position) < 3);
        }
    }

    @Test
    void shouldBearExtremeTemperaturesAndExcludedTokens() {
        assertEquals(5, loaded(LOGITS).sample(parameters(Float.MIN_VALUE, 0, 1, 0), 3));
        final int hot = loaded(LOGITS).sample(parameters(Float.MAX_VALUE, 0, 1, 0), 3);
        assertTrue(hot >= 0 && hot < LOGITS.length);
        final Sampler sampler = loaded(Float.NEGATIVE_INFINITY, 0, Float.NEGATIVE_INFINITY, 0);
        for (int position = 0; position < 1_000; position++) {
            assertEquals(1, sampler.sample(parameters(1, 3, 0.99f, 0), position) % 2);
        }
    }

    @Test
    void shouldRefuseLogitsThatAreNotNumbers() {
        final RowBuffer rows = new RowBuffer(arena, DType.F32, 1, 3);
        final Sampler sampler = new Sampler(3);
        for (final float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            for (int token = 0; token < 3; token++) {
                rows.set(0, token, bad);
                assertFalse(sampler.load(rows, 0));
                rows.set(0, token, 1);
            }
        }
        assertTrue(sampler.load(rows, 0));
        for (int token = 0; token < 3; token++) {
            rows.set(0, token, Float.NEGATIVE_INFINITY);
        }
        assertFalse(sampler.load(rows, 0));
    }

    @Test
    void shouldKeyRandomNumbersBySeedChoiceAndPosition() {
        assertEquals(Sampler.uniform(1, 2, 3), Sampler.uniform(1, 2, 3));
        assertNotEquals(Sampler.uniform(1, 2, 3), Sampler.uniform(2, 2, 3));
        assertNotEquals(Sampler.uniform(1, 2, 3), Sampler.uniform(1, 3, 3));
        assertNotEquals(Sampler.uniform(1, 2, 3), Sampler.uniform(1, 2, 4));
        // The bits are part of what a seed promises; they must not change from one version to the next.
        assertEquals("0x1.bdc7ade4e6de5p-1", Double.toHexString(Sampler.uniform(42, 0, 17)));
    }

    @Test
    void shouldDrawUncorrelatedNumbersFromNeighbouringKeys() {
        final int bins = 10;
        final int[][] byAxis = new int[4][bins];
        for (int i = 0; i < DRAWS; i++) {
            byAxis[0][(int)(Sampler.uniform(i, 0, 0) * bins)]++;
            byAxis[1][(int)(Sampler.uniform(7, i, 0) * bins)]++;
            byAxis[2][(int)(Sampler.uniform(7, 0, i) * bins)]++;
            final double difference = Sampler.uniform(i, 0, i) - Sampler.uniform(i, 0, i + 1);
            byAxis[3][(int)((difference < 0 ? difference + 1 : difference) * bins)]++;
        }
        for (final int[] counts : byAxis) {
            double chiSquare = 0;
            for (final int count : counts) {
                final double expected = (double)DRAWS / bins;
                chiSquare += (count - expected) * (count - expected) / expected;
            }
            assertTrue(chiSquare < CHI_SQUARE_LIMIT, "chi-square " + chiSquare);
        }
    }

    @Test
    void shouldScoreWithoutTemperatureOrCuts() {
        final Sampler sampler = loaded(LOGITS);
        sampler.sample(parameters(0.3f, 2, 0.5f, 0), 0);
        final double[] probabilities = softmax(LOGITS, 1);
        final TokenScores scores = new TokenScores(2, 12);
        sampler.score(scores, 1, 7);
        assertEquals(StrictMath.log(probabilities[7]), scores.logprob(1), 1e-6);
        final int[] order = {5, 1, 3, 7, 0, 8, 4, 9, 2, 6, -1, -1};
        for (int rank = 0; rank < order.length; rank++) {
            assertEquals(order[rank], scores.topToken(1, rank));
            final double expected = order[rank] < 0 ? Double.NEGATIVE_INFINITY
                : StrictMath.log(probabilities[order[rank]]);
            assertEquals(expected, scores.topLogprob(1, rank), 1e-6);
        }
    }
}
