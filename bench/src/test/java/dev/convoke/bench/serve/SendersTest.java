package dev.convoke.bench.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SendersTest {
    private static void awaitUninterruptibly(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void shouldSendEachRequestOnceAndNotBeforeItIsDue() throws InterruptedException {
        final long seed = Long.getLong("convoke.test.seed", System.nanoTime());
        final SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 20; round++) {
            final int requests = random.nextInt(200);
            final long[] offsetsNs = LongStream.generate(() -> random.nextLong(20_000_000)).limit(requests)
                .map(ns -> ns % 3 == 0 ? 5_000_000 : ns).sorted().toArray();
            final AtomicIntegerArray sent = new AtomicIntegerArray(requests);
            final long[] dueNs = new long[requests];
            final long[] sentNs = new long[requests];
            final long startNs = new Senders((number, due) -> {
                sentNs[number] = System.nanoTime();
                dueNs[number] = due;
                sent.incrementAndGet(number);
            }, offsetsNs).run();
            for (int i = 0; i < requests; i++) {
                assertEquals(1, sent.get(i), "seed " + seed);
                assertEquals(startNs + offsetsNs[i], dueNs[i], "seed " + seed);
                assertTrue(sentNs[i] >= dueNs[i], "seed " + seed);
            }
        }
    }

    @Test
    void shouldGoOnSendingWhileNobodyAnswers() throws InterruptedException {
        for (final int requests : new int[] {1, 2000}) {
            final CountDownLatch all = new CountDownLatch(requests);
            new Senders((_, _) -> {
                all.countDown();
                awaitUninterruptibly(all);
            }, new long[requests]).run();
            assertEquals(0, all.getCount());
        }
    }

    @Test
    void shouldUseThreadsAgain() throws InterruptedException {
        final Set<Thread> threads = ConcurrentHashMap.newKeySet();
        final long[] offsetsNs = new long[100];
        Arrays.setAll(offsetsNs, i -> i * 2_000_000L);
        new Senders((_, _) -> threads.add(Thread.currentThread()), offsetsNs).run();
        assertTrue(threads.size() < 50, threads.size() + " threads");
    }
}
