package dev.convoke.tensorcuda;

import java.util.Arrays;

/**
 * Decides which experts lie in the slots that the GPU's memory has for visitors, and moves nothing itself. Layers come
 * round in a cycle, so the expert used longest ago is often the one wanted soonest: what is put out is the expert whose
 * next use is expected last, given how often its layer has chosen it of late; of equals the one used longest ago. One
 * thread's; no call allocates once all experts were seen.
 */
final class ExpertCache {
    /** No slot, or no expert. */
    static final int NONE = -1;

    /** Weight of the newest visit of a layer in an expert's share of visits. */
    private static final float NEWEST = 1 / 16f;
    private static final float[] DECAY = decay();
    /** Nothing is worth fetching on a guess that comes true less often. */
    private static final float LEAST_SHARE = 0.25f;
    private static final float LEAST_DIVISOR = 0.01f;

    private final int[] expertIn;
    private final int[] waveOf;
    private int[] slotOf = new int[0];
    private int[] layerOf = new int[0];
    private float[] share = new float[0];
    private int[] usedAt = new int[0];
    private long[] usedOrder = new long[0];
    private int[][] expertsOf = new int[0][];
    private int[] visits = new int[0];
    private int experts;
    private int layer;
    private int wave;
    private long order;

    /** All slots are empty. */
    ExpertCache(final int slots) {
        expertIn = new int[slots];
        waveOf = new int[slots];
        Arrays.fill(expertIn, NONE);
    }

    private static float[] decay() {
        final float[] decay = new float[128];
        decay[0] = 1;
        for (int i = 1; i < decay.length; i++) {
            decay[i] = decay[i - 1] * (1 - NEWEST);
        }
        return decay;
    }

    int slots() {
        return expertIn.length;
    }

    /** Makes an expert known and returns its number. */
    int register() {
        if (experts == slotOf.length) {
            final int more = Math.max(16, 2 * experts);
            slotOf = Arrays.copyOf(slotOf, more);
            layerOf = Arrays.copyOf(layerOf, more);
            share = Arrays.copyOf(share, more);
            usedAt = Arrays.copyOf(usedAt, more);
            usedOrder = Arrays.copyOf(usedOrder, more);
        }
        slotOf[experts] = NONE;
        layerOf[experts] = NONE;
        return experts++;
    }

    /** A batch of a layer begins; several in a row are one visit of the layer. */
    void visit(final int newLayer) {
        if (newLayer >= visits.length) {
            visits = Arrays.copyOf(visits, newLayer + 1);
            final int before = expertsOf.length;
            expertsOf = Arrays.copyOf(expertsOf, newLayer + 1);
            Arrays.fill(expertsOf, before, newLayer + 1, new int[0]);
        }
        if (newLayer != layer || visits.length == 1 || visits[newLayer] == 0) {
            visits[newLayer]++;
        }
        layer = newLayer;
    }

    /** The batch wants this expert. */
    void use(final int expert) {
        if (layerOf[expert] == NONE) {
            layerOf[expert] = layer;
            expertsOf[layer] = Arrays.copyOf(expertsOf[layer], expertsOf[layer].length + 1);
            expertsOf[layer][expertsOf[layer].length - 1] = expert;
        }
        final int now = visits[layer];
        if (share[expert] == 0 || usedAt[expert] != now) {
            final float weight = Math.max(NEWEST, 1f / now);
            final float before = share[expert] * DECAY[Math.clamp(now - usedAt[expert] - 1, 0, DECAY.length - 1)];
            share[expert] = before * (1 - weight) + weight;
            usedAt[expert] = now;
        }
        usedOrder[expert] = ++order;
    }

    /** Part of its layer's visits that wanted it, of late. */
    private float shareOf(final int expert) {
        final int since = layerOf[expert] == NONE ? 0 : visits[layerOf[expert]] - usedAt[expert];
        return share[expert] * DECAY[Math.clamp(since, 0, DECAY.length - 1)];
    }

    /** Where an expert lies, or {@link #NONE}. */
    int slotOf(final int expert) {
        return slotOf[expert];
    }

    /** What was placed or kept until now may make room again. */
    void beginWave() {
        wave++;
    }

    /** The expert in this slot stays until the next wave begins. */
    void keep(final int slot) {
        waveOf[slot] = wave;
    }

    /** Gives an expert that has no slot one, kept for this wave; {@link #NONE} if all are kept. */
    int place(final int expert) {
        final int slot = victim();
        if (slot != NONE) {
            if (expertIn[slot] != NONE) {
                slotOf[expertIn[slot]] = NONE;
            }
            expertIn[slot] = expert;
            slotOf[expert] = slot;
            keep(slot);
        }
        return slot;
    }

    /** An expert that was freed leaves its slot. */
    void remove(final int expert) {
        if (slotOf[expert] != NONE) {
            expertIn[slotOf[expert]] = NONE;
            slotOf[expert] = NONE;
        }
    }

    private int victim() {
        int best = NONE;
        float longest = -1;
        for (int slot = 0; slot < expertIn.length; slot++) {
            if (expertIn[slot] == NONE) {
                return slot;
            }
            if (waveOf[slot] != wave) {
                final float wait = expectedWait(expertIn[slot]);
                if (wait > longest || wait == longest && usedOrder[expertIn[slot]] < usedOrder[expertIn[best]]) {
                    longest = wait;
                    best = slot;
                }
            }
        }
        return best;
    }

    /** Visits of layers until the expert is wanted again: to its layer, and as many rounds as it is passed over. */
    private float expectedWait(final int expert) {
        final int layers = visits.length;
        final int ahead = Math.floorMod(layerOf[expert] - layer - 1, layers) + 1;
        return ahead + (1 / Math.max(LEAST_DIVISOR, shareOf(expert)) - 1) * layers;
    }

    /** An expert of the next layer that is likely to be wanted and worth the slot it would take; or {@link #NONE}. */
    int worthFetching() {
        final int next = (layer + 1) % visits.length;
        int best = NONE;
        float highest = LEAST_SHARE;
        for (final int expert : expertsOf[next]) {
            if (slotOf[expert] == NONE && shareOf(expert) > highest) {
                highest = shareOf(expert);
                best = expert;
            }
        }
        if (best == NONE) {
            return NONE;
        }
        final int slot = victim();
        return slot != NONE && (expertIn[slot] == NONE || expectedWait(expertIn[slot]) > expectedWait(best))
            ? best : NONE;
    }
}
