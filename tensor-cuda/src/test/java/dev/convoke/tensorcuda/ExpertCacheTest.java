package dev.convoke.tensorcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.tensor.Rows;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ExpertCacheTest {
    private final long seed = Rows.seed();
    private final SplittableRandom random = new SplittableRandom(seed);

    private static int[] register(final ExpertCache cache, final int experts) {
        final int[] numbers = new int[experts];
        Arrays.setAll(numbers, i -> cache.register());
        return numbers;
    }

    @Test
    void shouldFillEmptySlotsFirst() {
        final ExpertCache cache = new ExpertCache(3);
        final int[] experts = register(cache, 3);
        cache.visit(0);
        cache.beginWave();
        for (final int expert : experts) {
            cache.use(expert);
            assertEquals(ExpertCache.NONE, cache.slotOf(expert));
            assertEquals(expert, cache.place(expert));
            assertEquals(expert, cache.slotOf(expert));
        }
    }

    @Test
    void shouldNotPutOutWhatTheSameWaveNeeds() {
        final ExpertCache cache = new ExpertCache(2);
        final int[] experts = register(cache, 3);
        cache.visit(0);
        cache.beginWave();
        for (final int expert : experts) {
            cache.use(expert);
        }
        cache.place(experts[0]);
        cache.place(experts[1]);
        assertEquals(ExpertCache.NONE, cache.place(experts[2]));
        cache.beginWave();
        assertNotEquals(ExpertCache.NONE, cache.place(experts[2]));
        assertEquals(1, Arrays.stream(experts).filter(e -> cache.slotOf(e) == ExpertCache.NONE).count());
    }

    @Test
    void shouldPutOutWhatIsWantedLast() {
        final ExpertCache cache = new ExpertCache(3);
        final int[] experts = register(cache, 4);
        // One expert for each of four layers, in turn: the one just used is wanted again last.
        for (int round = 0; round < 3; round++) {
            for (int layer = 0; layer < 4; layer++) {
                cache.visit(layer);
                cache.use(experts[layer]);
            }
        }
        cache.beginWave();
        cache.visit(0);
        cache.place(experts[0]);
        cache.place(experts[1]);
        cache.place(experts[2]);
        cache.visit(3);
        cache.beginWave();
        cache.place(experts[3]);
        assertEquals(ExpertCache.NONE, cache.slotOf(experts[2]), "layers 0 and 1 come sooner after 3");
    }

    @Test
    void shouldFetchAheadWhatTheNextLayerUsuallyWants() {
        final ExpertCache cache = new ExpertCache(2);
        final int[] experts = register(cache, 4);
        for (int round = 0; round < 20; round++) {
            cache.visit(0);
            cache.use(experts[0]);
            cache.visit(1);
            cache.use(experts[round % 10 == 0 ? 3 : 2]);
        }
        cache.visit(0);
        cache.beginWave();
        cache.use(experts[0]);
        cache.place(experts[0]);
        assertEquals(experts[2], cache.worthFetching());
        cache.place(experts[2]);
        assertEquals(ExpertCache.NONE, cache.worthFetching(), "the other one is seldom wanted");
    }

    @Test
    void shouldForgetAnExpertThatWasFreed() {
        final ExpertCache cache = new ExpertCache(1);
        final int expert = register(cache, 1)[0];
        cache.visit(0);
        cache.beginWave();
        cache.use(expert);
        cache.place(expert);
        cache.remove(expert);
        assertEquals(ExpertCache.NONE, cache.slotOf(expert));
        cache.remove(expert);
    }

    /** Skewed choices, layer after layer: more of them are met with an expert at hand than least-recently-used does. */
    @Test
    void shouldHitMoreOftenThanLeastRecentlyUsed() {
        final int layers = 12;
        final int perLayer = 16;
        final int slots = 48;
        final ExpertCache cache = new ExpertCache(slots);
        final int[] experts = register(cache, layers * perLayer);
        final Map<Integer, Boolean> recent = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(final Map.Entry<Integer, Boolean> eldest) {
                return size() > slots;
            }
        };
        int hits = 0;
        int recentHits = 0;
        int all = 0;
        for (int round = 0; round < 200; round++) {
            for (int layer = 0; layer < layers; layer++) {
                cache.visit(layer);
                cache.beginWave();
                for (int choice = 0; choice < 4; choice++) {
                    final int expert = experts[layer * perLayer + skewed(perLayer)];
                    all++;
                    recentHits += recent.put(expert, true) == null ? 0 : 1;
                    cache.use(expert);
                    if (cache.slotOf(expert) == ExpertCache.NONE) {
                        cache.place(expert);
                    } else {
                        hits++;
                    }
                }
            }
        }
        assertTrue(hits > recentHits && hits > all / 3, hits + " hits of " + all + ", least recently used "
            + recentHits + " (seed " + seed + ")");
    }

    private int skewed(final int experts) {
        return (int)(experts * Math.pow(random.nextDouble(), 2.5));
    }
}
