package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.WorkerPool;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WarmUpTest {
    private static final KernelBackend SCALAR = HostFixture.backend("scalar");
    private static final int BATCHES_OF_ROUND = 5;

    private final RandomModel model = new RandomModel(1);
    private final WorkerPool pool = new WorkerPool("test", 1);
    private long nowNs;
    private long tickNs;

    @AfterEach
    void close() {
        pool.close();
        model.close();
    }

    private int warmUp(final ExpertId... experts) {
        try (ExpertBank bank = ExpertBank.load(model, SCALAR, DType.F32, List.of(experts), LoadProgress.NONE)) {
            return WarmUp.run(bank, new Kernels(SCALAR, pool), () -> nowNs += tickNs);
        }
    }

    @Test
    void shouldEndWhenComputingBecomesNoFaster() {
        tickNs = 1;
        final int batches = warmUp(new ExpertId(1, 0), new ExpertId(1, 3), new ExpertId(2, 5));
        assertEquals(0, batches % BATCHES_OF_ROUND);
        assertTrue(batches >= 100 * BATCHES_OF_ROUND && batches < 200 * BATCHES_OF_ROUND, () -> batches + " batches");
    }

    @Test
    void shouldEndAfterThreeSecondsHoweverSlow() {
        tickNs = TimeUnit.MILLISECONDS.toNanos(100);
        final int batches = warmUp(new ExpertId(0, 0));
        assertTrue(batches > 0 && batches <= 30, () -> batches + " batches");
    }

    @Test
    void shouldDoNothingForAHostThatHoldsNothing() {
        assertEquals(0, warmUp());
        assertEquals(0, nowNs);
    }
}
