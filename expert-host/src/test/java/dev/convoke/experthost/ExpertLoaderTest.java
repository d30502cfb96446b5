package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.ExpertChecksum;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.transport.FrameIdentity;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ExpertLoaderTest {
    private static final ExpertId LOADED = new ExpertId(0, 1);
    private static final ExpertId FETCHED = new ExpertId(2, 5);

    private final RandomModel model = new RandomModel(3);
    private volatile boolean mayEnd;
    private final ExpertLoader loader = new ExpertLoader(model, endless(HostFixture.backend("scalar")), DType.BF16,
        Long.MAX_VALUE);

    /** A backend that packs portion by portion until it is told to end. */
    private KernelBackend endless(final KernelBackend backend) {
        return (KernelBackend)Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {KernelBackend.class},
            (proxy, method, arguments) -> {
                if (method.getName().equals("packFfn")) {
                    return InvocationHandler.invokeDefault(proxy, method, arguments);
                }
                if (method.getName().equals("pack")) {
                    final Throttle throttle = (Throttle)arguments[3];
                    while (!mayEnd) {
                        throttle.onPortion();
                    }
                }
                return method.invoke(backend, arguments);
            });
    }

    @AfterEach
    void close() {
        mayEnd = true;
        loader.close();
        model.close();
    }

    private ExpertLoader.Outcome next() {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        ExpertLoader.Outcome outcome = loader.poll();
        while (outcome == null) {
            assertTrue(System.nanoTime() - deadlineNs < 0, "something is done");
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(100));
            outcome = loader.poll();
        }
        return outcome;
    }

    @Test
    void shouldReadForPeersInTheMidstOfALoad() {
        assertTrue(loader.tryLoad(LOADED, ExpertChecksum.of(model.expert(LOADED))));
        for (int peer = 1; peer <= 3; peer++) {
            assertTrue(loader.tryFetch(peer, new FrameIdentity(), FETCHED, 0, 100));
            final ExpertLoader.Fetched piece = assertInstanceOf(ExpertLoader.Fetched.class, next());
            assertEquals(peer, piece.peer());
            assertNotNull(piece.piece());
        }
        assertNull(loader.poll(), "it loads still");
        mayEnd = true;
        final ExpertLoader.Loaded loaded = assertInstanceOf(ExpertLoader.Loaded.class, next());
        assertEquals(LOADED, loaded.id());
        loaded.expert().close();
    }

    @Test
    void shouldEndInTheMidstOfARest() {
        final long[] rows = new long[1];
        loader.giveWayTo(() -> ++rows[0]);
        assertTrue(loader.tryLoad(LOADED, ExpertChecksum.of(model.expert(LOADED))));
        assertTrue(loader.tryFetch(1, new FrameIdentity(), FETCHED, 0, 100));
        assertInstanceOf(ExpertLoader.Fetched.class, next());
        mayEnd = true;
        // What was loaded and not taken is freed.
        loader.close();
    }
}
