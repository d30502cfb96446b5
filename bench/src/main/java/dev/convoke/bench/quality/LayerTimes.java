package dev.convoke.bench.quality;

import dev.convoke.decoder.StepBatch;
import dev.convoke.decoder.StepObserver;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** What experts of a layer take, from their choice until all have answered. Read after the decoder has ended. */
final class LayerTimes implements StepObserver {
    private static final int DIGITS = 3;
    private static final long MOST_NS = TimeUnit.MINUTES.toNanos(10);

    private final Histogram histogram = new Histogram(MOST_NS, DIGITS);
    private long startNs;

    @Override
    public void onRouting(final int layer, final StepBatch batch, final RowBuffer logits, final RoutingPlan plan) {
        startNs = System.nanoTime();
    }

    @Override
    public void onExpertRows(final int layer, final StepBatch batch, final RowBuffer slotRows,
        final RoutingPlan plan) {
        histogram.recordValue(Math.min(MOST_NS, System.nanoTime() - startNs));
    }

    Histogram histogram() {
        return histogram;
    }
}
