package dev.convoke.gating;

import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.RowBuffer;
import java.util.Arrays;

/**
 * Keeps the experts of a plan within their capacity where the policy may drop entries. Of the entries that want an
 * expert it keeps those with the largest weights, of equal weights those with the larger logits, and of equal logits
 * the rows that come first. Weights of the others stay what they are: nothing is renormalised.
 *
 * <p>Under {@link CapacityPolicy#DROP} what an expert does not keep is dropped (Token Drop by score, 2503.05066). Under
 * {@link CapacityPolicy#EXPANDED_DROP} it asks the likeliest expert that its row has not asked yet, which keeps it in
 * place of one with a smaller weight, and so on: deferred acceptance (Gale and Shapley, 1962), whose result does not
 * depend on the order in which entries ask. A row's weight for an expert that the gate did not choose continues those
 * that it did choose: {@code w_0 x exp(logit - logit_0)} with the weight and the logit of its first slot. The slots of
 * a row that was changed are put into the order of logits, as a gate would.
 *
 * <p>Allocated once and reused; owned by the decoder's thread, on the step path: neither allocates, locks, logs nor
 * throws.
 */
public final class CapacityLimit {
    private static final int NONE = -1;

    private final int topK;
    private final int mostRows;
    private final int experts;
    private final boolean drops;
    private final boolean expands;
    /** By expert: how many entries it may keep. */
    private final int[] room;
    /** By expert: how many it keeps, and which, as a heap whose root is the first to go: [experts, mostRows]. */
    private final int[] kept;
    private final int[] heaps;
    /** By row and expert: whether the row has asked it. */
    private final boolean[] asked;
    private final float[] firstWeight;
    private final float[] firstLogit;
    /** By entry: whether it is not with the expert that the gate chose. */
    private final boolean[] moved;
    private final int[] reroutedOfRow;
    private final int[] droppedOfRow;
    private RowBuffer logits;
    private RoutingPlan plan;

    /** For plans of that shape; takes no memory to speak of if its policy never drops. */
    public CapacityLimit(final RoutingPlan shape) {
        topK = shape.topK();
        drops = shape.capacity().policy().drops();
        expands = shape.capacity().policy() == CapacityPolicy.EXPANDED_DROP;
        mostRows = drops ? shape.capacityRows() : 0;
        experts = shape.experts();
        room = new int[experts];
        kept = new int[experts];
        heaps = new int[experts * mostRows];
        asked = new boolean[expands ? mostRows * experts : 0];
        firstWeight = new float[mostRows];
        firstLogit = new float[mostRows];
        moved = new boolean[mostRows * topK];
        reroutedOfRow = new int[mostRows];
        droppedOfRow = new int[mostRows];
    }

    /** Whether the policy wants more done about a grouped plan than to find replicas for it. */
    public boolean isExceeded(final RoutingPlan grouped) {
        return drops && grouped.overflow() > 0;
    }

    /** Says on how many hosts an expert is; for the next {@link #apply}. */
    public void replicas(final int expert, final int replicas) {
        room[expert] = replicas;
    }

    /**
     * Reroutes and drops what experts have no room for, and groups the plan again. {@link #replicas} was called for
     * every expert.
     *
     * @param routerLogits [grouped.rows(), experts] f32, from which a gate made the plan
     * @param grouped      of the shape that this was allocated for; {@link #isExceeded}
     */
    public void apply(final RowBuffer routerLogits, final RoutingPlan grouped) {
        logits = routerLogits;
        plan = grouped;
        start();
        for (int entry = 0; entry < plan.entries(); entry++) {
            settle(entry);
        }
        finish();
    }

    /** Entries of a row that are with experts that the gate did not choose; after {@link #apply}. */
    public int rerouted(final int row) {
        return reroutedOfRow[row];
    }

    /** Entries of a row that were dropped; after {@link #apply}. */
    public int dropped(final int row) {
        return droppedOfRow[row];
    }

    private void start() {
        for (int expert = 0; expert < experts; expert++) {
            room[expert] *= Math.min(plan.expertCapacity(), plan.rows());
        }
        Arrays.fill(kept, 0);
        Arrays.fill(moved, 0, plan.entries(), false);
        if (expands) {
            Arrays.fill(asked, 0, plan.rows() * experts, false);
            for (int entry = 0; entry < plan.entries(); entry++) {
                asked[entry / topK * experts + plan.expert(entry)] = true;
            }
            for (int row = 0; row < plan.rows(); row++) {
                firstWeight[row] = plan.weight(row * topK);
                firstLogit[row] = logits.get(row, plan.expert(row * topK));
            }
        }
    }

    /** Lets an entry ask its expert, whoever has to go for it the next one, and so on until all have what they get. */
    private void settle(final int first) {
        int entry = first;
        while (entry != NONE) {
            entry = displacedBy(entry);
            if (entry != NONE && !(expands && wantsNext(entry))) {
                plan.choose(entry / topK, entry % topK, RoutingPlan.DROPPED, 0.0f);
                entry = NONE;
            }
        }
    }

    /** Who has to leave the expert for an entry that asks: nobody, itself or another. */
    private int displacedBy(final int entry) {
        final int expert = plan.expert(entry);
        final int heap = expert * mostRows;
        if (kept[expert] < room[expert]) {
            rise(heap, kept[expert]++, entry);
            return NONE;
        }
        final int last = heaps[heap];
        if (goesBefore(entry, last)) {
            return entry;
        }
        sink(heap, kept[expert], entry);
        return last;
    }

    private void rise(final int heap, final int from, final int entry) {
        int at = from;
        while (at > 0 && goesBefore(entry, heaps[heap + (at - 1) / 2])) {
            heaps[heap + at] = heaps[heap + (at - 1) / 2];
            at = (at - 1) / 2;
        }
        heaps[heap + at] = entry;
    }

    /** Replaces the root. */
    private void sink(final int heap, final int size, final int entry) {
        int at = 0;
        while (2 * at + 1 < size) {
            final int left = 2 * at + 1;
            final int child = left + 1 < size && goesBefore(heaps[heap + left + 1], heaps[heap + left]) ? left + 1
                : left;
            if (!goesBefore(heaps[heap + child], entry)) {
                break;
            }
            heaps[heap + at] = heaps[heap + child];
            at = child;
        }
        heaps[heap + at] = entry;
    }

    /** Whether of two entries that want the same expert the first has to go before the second. */
    private boolean goesBefore(final int entry, final int other) {
        final float weight = plan.weight(entry);
        final float otherWeight = plan.weight(other);
        if (weight != otherWeight) {
            return weight < otherWeight;
        }
        final float logit = logits.get(entry / topK, plan.expert(entry));
        final float otherLogit = logits.get(other / topK, plan.expert(other));
        return logit != otherLogit ? logit < otherLogit : entry > other;
    }

    /** Turns an entry to the likeliest expert that its row has not asked; false if none is left that has a weight. */
    private boolean wantsNext(final int entry) {
        final int row = entry / topK;
        int next = NONE;
        for (int expert = 0; expert < experts; expert++) {
            if (!asked[row * experts + expert] && (next == NONE || logits.get(row, expert) > logits.get(row, next))) {
                next = expert;
            }
        }
        final float weight = next == NONE ? 0.0f
            : firstWeight[row] * CanonicalMath.exp(Math.min(0.0f, logits.get(row, next) - firstLogit[row]));
        if (!(weight > 0)) {
            return false;
        }
        asked[row * experts + next] = true;
        moved[entry] = true;
        plan.choose(row, entry % topK, next, weight);
        return true;
    }

    private void finish() {
        int allRerouted = 0;
        int allDropped = 0;
        for (int row = 0; row < plan.rows(); row++) {
            int rerouted = 0;
            int dropped = 0;
            for (int entry = row * topK; entry < (row + 1) * topK; entry++) {
                final boolean isDropped = plan.expert(entry) == RoutingPlan.DROPPED;
                dropped += isDropped ? 1 : 0;
                rerouted += moved[entry] && !isDropped ? 1 : 0;
            }
            reroutedOfRow[row] = rerouted;
            droppedOfRow[row] = dropped;
            allRerouted += rerouted;
            allDropped += dropped;
            if (expands && rerouted + dropped > 0) {
                order(row);
            }
        }
        plan.regroup(allRerouted, allDropped);
    }

    /** Which of a row's entries was turned to which expert depends on who asked first; the order of slots must not. */
    private void order(final int row) {
        for (int slot = 1; slot < topK; slot++) {
            final int expert = plan.expert(row * topK + slot);
            final float weight = plan.weight(row * topK + slot);
            int at = slot;
            while (at > 0 && comesBefore(row, expert, plan.expert(row * topK + at - 1))) {
                plan.choose(row, at, plan.expert(row * topK + at - 1), plan.weight(row * topK + at - 1));
                at--;
            }
            plan.choose(row, at, expert, weight);
        }
    }

    private boolean comesBefore(final int row, final int expert, final int other) {
        if (expert == RoutingPlan.DROPPED || other == RoutingPlan.DROPPED) {
            return expert != RoutingPlan.DROPPED;
        }
        final float logit = logits.get(row, expert);
        final float otherLogit = logits.get(row, other);
        return logit != otherLogit ? logit > otherLogit : expert < other;
    }
}
