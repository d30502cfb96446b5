package dev.convoke.transport.faults;

/**
 * How unreliable one direction of one pair of peers is, and how long the way between them. Rates are probabilities per
 * frame from 0 to 1; the faults of a frame are independent of each other.
 *
 * @param loss         vanishes
 * @param duplication  arrives twice
 * @param corruption   one byte differs
 * @param truncation   the end is missing; frames of one byte are spared
 * @param delay        held back for up to {@code maxDelayNs} beyond what the network takes, so that later frames
 *                     overtake it
 * @param maxDelayNs   longest delay; each is drawn evenly
 * @param refusal      outgoing only: offers are refused as back-pressured for {@code refusalNs}
 * @param refusalNs    how long each refusal lasts
 * @param intervalNs   a slow peer: no two frames pass within this time
 * @param disconnected nothing passes, and the peer counts as not connected
 * @param network      the time that frames take
 */
public record Faults(
    double loss,
    double duplication,
    double corruption,
    double truncation,
    double delay,
    long maxDelayNs,
    double refusal,
    long refusalNs,
    long intervalNs,
    boolean disconnected,
    Network network) {
    /** Everything passes as it is. */
    public static final Faults NONE = new Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, false, Network.NONE);

    /** Checks the ranges. */
    public Faults {
        Network.requireRate("loss", loss);
        Network.requireRate("duplication", duplication);
        Network.requireRate("corruption", corruption);
        Network.requireRate("truncation", truncation);
        Network.requireRate("delay", delay);
        Network.requireRate("refusal", refusal);
        if (maxDelayNs < 0 || refusalNs < 0 || intervalNs < 0) {
            throw new IllegalArgumentException("durations must not be negative");
        }
    }

    /** These, losing frames. */
    public Faults withLoss(final double rate) {
        return new Faults(rate, duplication, corruption, truncation, delay, maxDelayNs, refusal, refusalNs, intervalNs,
            disconnected, network);
    }

    /** These, duplicating frames. */
    public Faults withDuplication(final double rate) {
        return new Faults(loss, rate, corruption, truncation, delay, maxDelayNs, refusal, refusalNs, intervalNs,
            disconnected, network);
    }

    /** These, changing a byte of frames. */
    public Faults withCorruption(final double rate) {
        return new Faults(loss, duplication, rate, truncation, delay, maxDelayNs, refusal, refusalNs, intervalNs,
            disconnected, network);
    }

    /** These, cutting frames short. */
    public Faults withTruncation(final double rate) {
        return new Faults(loss, duplication, corruption, rate, delay, maxDelayNs, refusal, refusalNs, intervalNs,
            disconnected, network);
    }

    /** These, holding frames back and so reordering them. */
    public Faults withDelay(final double rate, final long longestNs) {
        return new Faults(loss, duplication, corruption, truncation, rate, longestNs, refusal, refusalNs, intervalNs,
            disconnected, network);
    }

    /** These, refusing offers for a while now and then. */
    public Faults withRefusal(final double rate, final long durationNs) {
        return new Faults(loss, duplication, corruption, truncation, delay, maxDelayNs, rate, durationNs, intervalNs,
            disconnected, network);
    }

    /** These, with a slow peer. */
    public Faults withInterval(final long durationNs) {
        return new Faults(loss, duplication, corruption, truncation, delay, maxDelayNs, refusal, refusalNs, durationNs,
            disconnected, network);
    }

    /** These, with the peer cut off or not. */
    public Faults withDisconnected(final boolean isDisconnected) {
        return new Faults(loss, duplication, corruption, truncation, delay, maxDelayNs, refusal, refusalNs, intervalNs,
            isDisconnected, network);
    }

    /** These, over a network that takes time. */
    public Faults withNetwork(final Network way) {
        return new Faults(loss, duplication, corruption, truncation, delay, maxDelayNs, refusal, refusalNs, intervalNs,
            disconnected, way);
    }
}
