package dev.convoke.server.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.CheckpointException;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ChecksumsTest {
    private static final int EXPERTS = 8;

    private static void await(final BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(100));
        }
    }

    @Test
    void shouldReadEachExpertOnceAndNobodyWaitsForIt() throws InterruptedException {
        final CountDownLatch mayRead = new CountDownLatch(1);
        final AtomicInteger reads = new AtomicInteger();
        try (Checksums checksums = new Checksums(expert -> {
            awaitLatch(mayRead);
            reads.incrementAndGet();
            return 100L * expert.layer() + expert.index();
        }, EXPERTS)) {
            assertEquals(OptionalLong.empty(), checksums.of(3 * EXPERTS + 5));
            assertEquals(OptionalLong.empty(), checksums.of(3 * EXPERTS + 5));
            assertEquals(OptionalLong.empty(), checksums.of(2));
            mayRead.countDown();
            await(() -> checksums.of(2).isPresent());
            assertEquals(OptionalLong.of(305), checksums.of(3 * EXPERTS + 5));
            assertEquals(OptionalLong.of(2), checksums.of(2));
            assertEquals(2, reads.get());
            assertFalse(checksums.takeFailure(2));
        }
    }

    private static void awaitLatch(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldTryAgainWhatCouldNotBeReadAndSaySoOnceEachTime() {
        final AtomicInteger reads = new AtomicInteger();
        try (Checksums checksums = new Checksums(_ -> {
            if (reads.incrementAndGet() < 3) {
                throw new CheckpointException("It cannot be read.");
            }
            return 7;
        }, EXPERTS)) {
            final AtomicInteger failures = new AtomicInteger();
            await(() -> {
                final OptionalLong checksum = checksums.of(1);
                failures.addAndGet(checksums.takeFailure(1) ? 1 : 0);
                return checksum.isPresent();
            });
            assertEquals(OptionalLong.of(7), checksums.of(1));
            assertTrue(failures.get() > 0 && failures.get() <= 2);
        }
    }
}
