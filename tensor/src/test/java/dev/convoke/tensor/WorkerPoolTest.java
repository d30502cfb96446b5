package dev.convoke.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkerPoolTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 9})
    void shouldDoEveryItemOnceWhateverTheThreads(final int threads) {
        final long seed = Rows.seed();
        final SplittableRandom random = new SplittableRandom(seed);
        final AtomicIntegerArray done = new AtomicIntegerArray(1_000);
        try (WorkerPool pool = new WorkerPool("test", threads)) {
            assertEquals(threads, pool.threads());
            for (int call = 1; call <= 2_000; call++) {
                final int items = random.nextInt(random.nextInt(4) == 0 ? 1_001 : 20);
                for (int i = 0; i < done.length(); i++) {
                    done.setPlain(i, 0);
                }
                pool.run((from, to) -> {
                    for (int i = from; i < to; i++) {
                        done.getAndIncrement(i);
                    }
                }, items, random.nextInt(1, 9));
                for (int i = 0; i < done.length(); i++) {
                    final int item = i;
                    assertEquals(i < items ? 1 : 0, done.get(i), () -> "item " + item + " (seed " + seed + ")");
                }
            }
        }
    }

    @Test
    void shouldSeeWhatWorkersWroteToPlainMemory() {
        final long[] values = new long[64];
        try (WorkerPool pool = new WorkerPool("test", 3)) {
            for (int call = 1; call <= 20_000; call++) {
                final long stamp = call;
                pool.run((from, to) -> {
                    for (int i = from; i < to; i++) {
                        values[i] += stamp;
                    }
                }, values.length, 1);
            }
        }
        for (final long value : values) {
            assertEquals(20_000L * 20_001 / 2, value);
        }
    }

    @Test
    void shouldWakeParkedWorkersWhenTheWorkIsWorthIt() {
        try (WorkerPool pool = new WorkerPool("wake", 2)) {
            for (int call = 0; call < 3; call++) {
                awaitState("wake-worker-1", Thread.State.WAITING);
                final CountDownLatch both = new CountDownLatch(2);
                final ThreadLocal<Boolean> counted = ThreadLocal.withInitial(() -> false);
                pool.run((from, to) -> {
                    if (!counted.get()) {
                        counted.set(true);
                        both.countDown();
                    }
                    awaitLatch(both);
                }, 100, 1);
                assertEquals(0, both.getCount());
            }
        }
    }

    @Test
    void shouldStayOnTheCallersThreadWhenTheWorkIsSmall() {
        try (WorkerPool pool = new WorkerPool("test", 3)) {
            final AtomicInteger calls = new AtomicInteger();
            final Thread caller = Thread.currentThread();
            for (int items = 0; items <= 16; items++) {
                final int expectedTo = items;
                pool.run((from, to) -> {
                    assertEquals(0, from);
                    assertEquals(expectedTo, to);
                    assertSame(caller, Thread.currentThread());
                    calls.incrementAndGet();
                }, items, 16);
            }
            assertEquals(16, calls.get());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldThrowWhatATaskThrewOnceNobodyIsAtWork(final boolean onCaller) {
        final Thread caller = Thread.currentThread();
        final AtomicInteger working = new AtomicInteger();
        final RuntimeException failure = new IllegalStateException("on purpose");
        try (WorkerPool pool = new WorkerPool("fail", 3)) {
            for (int call = 0; call < 50; call++) {
                final CountDownLatch failed = new CountDownLatch(1);
                final RuntimeException thrown = assertThrows(RuntimeException.class, () -> pool.run((from, to) -> {
                    working.incrementAndGet();
                    try {
                        if ((Thread.currentThread() == caller) == onCaller) {
                            failed.countDown();
                            throw failure;
                        }
                        awaitLatch(failed);
                    } finally {
                        working.decrementAndGet();
                    }
                }, 1_000, 1));
                assertSame(failure, thrown);
                assertEquals(0, working.get());
                final AtomicInteger sum = new AtomicInteger();
                pool.run((from, to) -> sum.addAndGet(to - from), 100, 1);
                assertEquals(100, sum.get(), "the pool works on after a failure");
            }
        }
    }

    @Test
    void shouldEndItsThreadsWhenClosedAndDoLaterCallsAlone() {
        final WorkerPool pool = new WorkerPool("close", 3);
        awaitState("close-worker-1", Thread.State.WAITING);
        pool.close();
        pool.close();
        awaitGone("close-worker-");
        final AtomicInteger sum = new AtomicInteger();
        pool.run((from, to) -> sum.addAndGet(to - from), 1_000, 1);
        assertEquals(1_000, sum.get());
    }

    @Test
    void shouldAllocateNothingWhenWarm() {
        final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
        final int[] sink = new int[64];
        final RangeTask task = (from, to) -> sink[from] = to;
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        long allocated;
        try (WorkerPool pool = new WorkerPool("test", 2)) {
            do {
                final long before = threads.getCurrentThreadAllocatedBytes();
                for (int call = 0; call < 1_000; call++) {
                    pool.run(task, sink.length, 1);
                }
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            } while (allocated > 0 && System.nanoTime() < deadline);
        }
        assertEquals(0, allocated);
    }

    @Test
    void shouldRefuseFewerThanOneThread() {
        assertThrows(IllegalArgumentException.class, () -> new WorkerPool("test", 0));
    }

    private static void awaitLatch(final CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void awaitState(final String name, final Thread.State state) {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (Thread.getAllStackTraces().keySet().stream()
            .noneMatch(thread -> thread.getName().equals(name) && thread.getState() == state)) {
            assertTrue(System.nanoTime() < deadline, name + " is not " + state);
            Thread.onSpinWait();
        }
    }

    private static void awaitGone(final String prefix) {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().startsWith(prefix))) {
            assertTrue(System.nanoTime() < deadline, prefix + " threads live on");
            Thread.onSpinWait();
        }
    }
}
