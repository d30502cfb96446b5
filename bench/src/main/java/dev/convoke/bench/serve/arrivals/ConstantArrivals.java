package dev.convoke.bench.serve.arrivals;

import dev.convoke.bench.serve.ArrivalProcess;

/**
 * As many requests at once as a burst holds, bursts at equal distances. A burst of one is a constant rate.
 *
 * @param perSecond requests per second in the long run; infinite for all at once
 * @param burstSize requests of one burst
 */
public record ConstantArrivals(double perSecond, int burstSize) implements ArrivalProcess {
    @Override
    public long[] offsetsNs(final int count, final long seed) {
        final long[] offsets = new long[count];
        for (int i = 0; i < count; i++) {
            offsets[i] = Math.round((double)(i / burstSize) * burstSize * 1e9 / perSecond);
        }
        return offsets;
    }
}
