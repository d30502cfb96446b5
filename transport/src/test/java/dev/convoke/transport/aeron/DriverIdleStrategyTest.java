package dev.convoke.transport.aeron;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.transport.AeronContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DriverIdleStrategyTest {
    private static final long WINDOW_NS = 2_000_000;
    private static final int FRAME_BYTES = 300;
    private static final int HEARTBEAT_BYTES = 40;

    private final AeronContext context =
        new AeronContext().driverActiveWindowNs(WINDOW_NS).driverParkNs(1).driverIdleParkNs(2);
    private long nowNs = -1_000;
    private int parks;
    private DriverIdleStrategy strategy;

    @ParameterizedTest
    @EnumSource(Media.class)
    void shouldStayAwakeAfterTrafficThenParkBrieflyThenLong(final Media media) {
        open(media);
        assertTrue(longPark(), "idle from the start");
        strategy.idle(FRAME_BYTES);
        nowNs += 1_000;
        strategy.idle(FRAME_BYTES);
        assertFalse(anyPark());
        nowNs += WINDOW_NS - 1;
        assertFalse(anyPark());
        nowNs += 1;
        assertTrue(shortPark());
        nowNs += 1_000_000_000;
        assertTrue(longPark());
    }

    @Test
    void shouldWakeUpForASingleFrameOverUdp() {
        open(Media.UDP);
        nowNs += 5_000_000_000L;
        strategy.idle(FRAME_BYTES);
        assertFalse(anyPark());
    }

    @ParameterizedTest
    @EnumSource(Media.class)
    void shouldNotWakeUpForHeartbeatsAlone(final Media media) {
        open(media);
        for (int i = 0; i < 100; i++) {
            nowNs += 100_000_000;
            strategy.idle(media == Media.UDP ? HEARTBEAT_BYTES : 1);
            nowNs += WINDOW_NS;
            assertTrue(longPark(), "heartbeat " + i);
        }
    }

    @Test
    void shouldMeetAgainWhoeverNeededRoomInSharedMemory() {
        open(Media.IPC);
        nowNs += 5_000_000_000L;
        assertTrue(longPark());
        strategy.idle(1);
        nowNs += WINDOW_NS / 2;
        assertTrue(shortPark(), "a long park would outlast the window");
        strategy.idle(1);
        assertFalse(anyPark());
    }

    private void open(final Media media) {
        strategy = new DriverIdleStrategy(media, context, () -> nowNs, ns -> parks += ns == 1 ? 1 : 100);
    }

    private boolean anyPark() {
        return idleAndCount() != 0;
    }

    private boolean shortPark() {
        return idleAndCount() == 1;
    }

    private boolean longPark() {
        return idleAndCount() == 100;
    }

    private int idleAndCount() {
        parks = 0;
        strategy.idle(0);
        return parks;
    }
}
