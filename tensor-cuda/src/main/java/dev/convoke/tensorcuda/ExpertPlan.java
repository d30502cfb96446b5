package dev.convoke.tensorcuda;

/**
 * How the experts of a process share the GPU's memory.
 *
 * @param experts   in all
 * @param residents that lie there for good
 * @param slots     for one expert each, where the others visit
 */
record ExpertPlan(int experts, int residents, int slots) {
    /** Of the places that are not enough for all, this part is for visitors. */
    private static final int SLOTS_DIVISOR = 4;
    private static final int LEAST_SLOTS = 2;

    /** Everything stays if it fits; {@code null} if not even visitors have room. */
    static ExpertPlan of(final int experts, final long expertBytes, final long availableBytes) {
        if (experts * expertBytes <= availableBytes) {
            return new ExpertPlan(experts, experts, 0);
        }
        // One place more is where visitors are packed.
        final int places = (int)(availableBytes / expertBytes) - 1;
        if (places < LEAST_SLOTS) {
            return null;
        }
        final int slots = Math.max(LEAST_SLOTS, places / SLOTS_DIVISOR);
        return new ExpertPlan(experts, places - slots, slots);
    }

    /** Whether the n-th expert packed, from 0, stays; those that do are spread evenly. */
    boolean stays(final int number) {
        return (number + 1L) * residents / experts > (long)number * residents / experts;
    }

    /** Places of an expert's size that are taken from the GPU. */
    int places() {
        return residents + slots + (slots > 0 ? 1 : 0);
    }
}
