package dev.convoke.bench.serve.datasets;

import dev.convoke.bench.serve.Dataset;
import dev.convoke.bench.serve.LoadRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random tokens.
 *
 * @param pool         where the tokens come from
 * @param inputTokens  of a prompt
 * @param outputTokens of an answer
 * @param spread       lengths are even between (1 - spread) and (1 + spread) times these; 0 for exactly these
 */
public record RandomDataset(TokenPool pool, int inputTokens, int outputTokens, double spread) implements Dataset {
    @Override
    public List<LoadRequest> requests(final int count, final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<LoadRequest> requests = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            final int input = around(inputTokens, random);
            final int output = around(outputTokens, random);
            requests.add(new LoadRequest(pool.prompt(pool.draw(random, input), random), output));
        }
        return requests;
    }

    private int around(final int length, final SplittableRandom random) {
        final int least = Math.max(1, (int)Math.floor(length * (1 - spread)));
        final int most = Math.max(least, (int)Math.ceil(length * (1 + spread)));
        return random.nextInt(least, most + 1);
    }

    /**
     * Random tokens after one of a few shared beginnings, each used equally often, in random order.
     *
     * @param pool         where the tokens come from
     * @param prefixes     how many beginnings
     * @param prefixTokens of a beginning
     * @param suffixTokens after it, different in each prompt
     * @param outputTokens of an answer
     */
    public record SharedPrefix(TokenPool pool, int prefixes, int prefixTokens, int suffixTokens, int outputTokens)
        implements Dataset {

        @Override
        public List<LoadRequest> requests(final int count, final long seed) {
            final SplittableRandom random = new SplittableRandom(seed);
            final int[][] beginnings = new int[prefixes][];
            Arrays.setAll(beginnings, i -> pool.draw(random, prefixTokens));
            final List<LoadRequest> requests = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                final int[] ids = Arrays.copyOf(beginnings[i % prefixes], prefixTokens + suffixTokens);
                System.arraycopy(pool.draw(random, suffixTokens), 0, ids, prefixTokens, suffixTokens);
                requests.add(new LoadRequest(pool.prompt(ids, random), outputTokens));
            }
            return Shuffle.of(requests, random);
        }
    }
}
