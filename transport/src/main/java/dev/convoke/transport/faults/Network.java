package dev.convoke.transport.faults;

import java.util.SplittableRandom;

/**
 * The way of frames between two peers, in one direction. A frame first waits until those before it have been
 * transmitted, then is transmitted at the bandwidth, then takes the delay. Frames keep their order, as on one wire:
 * jitter and spikes hold up those behind, too. What disturbs the order is {@link Faults#delay()}.
 *
 * @param delayNs       time from one end to the other
 * @param jitterNs      size of what is added to or taken off the delay for each frame; the sum is never below 0
 * @param distribution  how that is spread
 * @param spike         probability that a frame takes {@code spikeNs} longer
 * @param spikeNs       length of a spike
 * @param bitsPerSecond bandwidth; 0 is without limit
 * @param queueBytes    bytes under way at a time. Beyond them offers are refused as back-pressured, and a port takes
 *                      nothing from its transport; a frame that meets an empty queue is always let in
 */
public record Network(
    long delayNs,
    long jitterNs,
    Distribution distribution,
    double spike,
    long spikeNs,
    long bitsPerSecond,
    int queueBytes) {
    /** Bytes under way unless said otherwise: more than the window of a connection over Aeron. */
    public static final int QUEUE_BYTES = 8 << 20;
    /** Frames arrive as they are sent. */
    public static final Network NONE = new Network(0, 0, Distribution.UNIFORM, 0, 0, 0, QUEUE_BYTES);

    private static final double NS_PER_SECOND = 1e9;

    /** Checks the ranges. */
    public Network {
        requireRate("spike", spike);
        if (delayNs < 0 || jitterNs < 0 || spikeNs < 0 || bitsPerSecond < 0 || queueBytes < 1) {
            throw new IllegalArgumentException(
                "durations and bandwidth must not be negative, and a queue holds at least one byte");
        }
    }

    /** Here and not beside its other users, so that either class may be loaded first. */
    static void requireRate(final String name, final double rate) {
        if (!(rate >= 0 && rate <= 1)) {
            throw new IllegalArgumentException(name + " is " + rate + "; a rate lies from 0 to 1");
        }
    }

    /** Whether frames take no time at all. */
    boolean isNone() {
        return delayNs == 0 && jitterNs == 0 && (spike == 0 || spikeNs == 0) && bitsPerSecond == 0;
    }

    /** How long the wire is busy with so many bytes. */
    long transmissionNs(final int bytes) {
        return bitsPerSecond == 0 ? 0 : Math.round(bytes * Byte.SIZE * NS_PER_SECOND / bitsPerSecond);
    }

    /** Draws the time from one end to the other; takes the same number of draws whatever comes out. */
    long travelNs(final SplittableRandom random) {
        final long jittered = jitterNs == 0 ? delayNs
            : Math.max(0, delayNs + Math.round(jitterNs * distribution.draw(random)));
        return spike > 0 && random.nextDouble() < spike ? jittered + spikeNs : jittered;
    }

    /** This, with a fixed delay. */
    public Network withDelay(final long durationNs) {
        return new Network(durationNs, jitterNs, distribution, spike, spikeNs, bitsPerSecond, queueBytes);
    }

    /** This, with a delay that varies. */
    public Network withJitter(final long sizeNs, final Distribution spread) {
        return new Network(delayNs, sizeNs, spread, spike, spikeNs, bitsPerSecond, queueBytes);
    }

    /** This, with spikes of delay. */
    public Network withSpikes(final double rate, final long durationNs) {
        return new Network(delayNs, jitterNs, distribution, rate, durationNs, bitsPerSecond, queueBytes);
    }

    /** This, with a limited bandwidth. */
    public Network withBandwidth(final long perSecond) {
        return new Network(delayNs, jitterNs, distribution, spike, spikeNs, perSecond, queueBytes);
    }

    /** This, with room for so many bytes under way. */
    public Network withQueue(final int bytes) {
        return new Network(delayNs, jitterNs, distribution, spike, spikeNs, bitsPerSecond, bytes);
    }
}
