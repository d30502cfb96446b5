package dev.convoke.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ActiveWindowIdleStrategyTest {
    private static final long WINDOW_NS = 1_000;

    private static final long PARK_NS = 1_000_000;

    private long nowNs = Long.MAX_VALUE - 100_000;
    private long parkedNs;
    private final Alarm alarm = new Alarm();
    private final ActiveWindowIdleStrategy idleStrategy =
        new ActiveWindowIdleStrategy(() -> nowNs, WINDOW_NS, PARK_NS, alarm, durationNs -> parkedNs = durationNs);

    @Test
    void shouldParkUntilThereWasWork() {
        assertFalse(idleStrategy.isActive());
        idleStrategy.idle(0);
        assertFalse(idleStrategy.isActive());
    }

    @Test
    void shouldStayActiveWithinTheWindowAfterWork() {
        idleStrategy.idle(1);
        nowNs += WINDOW_NS - 1;
        idleStrategy.idle(0);
        assertTrue(idleStrategy.isActive());
    }

    @Test
    void shouldParkOnceTheWindowHasPassed() {
        idleStrategy.idle(1);
        nowNs += WINDOW_NS;
        idleStrategy.idle(0);
        assertFalse(idleStrategy.isActive());
    }

    @Test
    void shouldParkForLongerTheLongerThereWasNoWork() {
        idleStrategy.idle(1);
        nowNs += WINDOW_NS;
        idleStrategy.idle(0);
        assertEquals(50_000, parkedNs);
        nowNs += 3_200_000 - WINDOW_NS;
        idleStrategy.idle(0);
        assertEquals(100_000, parkedNs);
        nowNs += 100 * PARK_NS;
        idleStrategy.idle(0);
        assertEquals(PARK_NS, parkedNs);
    }

    @Test
    void shouldParkForTheWholeTimeBeforeThereWasWork() {
        idleStrategy.idle(0);
        assertEquals(PARK_NS, parkedNs);
    }

    @Test
    void shouldBecomeActiveAgainWithNewWork() {
        idleStrategy.idle(1);
        nowNs += 2 * WINDOW_NS;
        idleStrategy.idle(0);
        idleStrategy.idle(3);
        nowNs += 1;
        idleStrategy.idle(0);
        assertTrue(idleStrategy.isActive());
    }
    @Test
    void shouldEndAParkInTimeForTheAlarm() {
        alarm.wakeBy(nowNs + 500_000);
        alarm.wakeBy(nowNs + 900_000);
        idleStrategy.idle(0);
        assertEquals(500_000 - ActiveWindowIdleStrategy.PARK_SLACK_NS, parkedNs);
        alarm.wakeBy(nowNs + 5_000_000);
        idleStrategy.idle(0);
        assertEquals(PARK_NS, parkedNs, "no longer than without an alarm");
        parkedNs = 0;
        alarm.wakeBy(nowNs + ActiveWindowIdleStrategy.PARK_SLACK_NS);
        idleStrategy.idle(0);
        assertEquals(0, parkedNs, "the last moments are yielded");
        idleStrategy.idle(0);
        assertEquals(PARK_NS, parkedNs, "an alarm is for one duty cycle");
    }

    @Test
    void shouldParkWithinTheWindowOnlyWhenNothingBeforeTheAlarmIsUrgent() {
        idleStrategy.idle(1);
        alarm.wakeBy(nowNs + 500_000);
        idleStrategy.idle(0);
        assertEquals(0, parkedNs);
        alarm.sleepUntil(nowNs + 500_000);
        alarm.wakeBy(nowNs + 300_000);
        idleStrategy.idle(0);
        assertEquals(300_000 - ActiveWindowIdleStrategy.PARK_SLACK_NS, parkedNs);
        parkedNs = 0;
        idleStrategy.idle(0);
        assertEquals(0, parkedNs, "within the window again");
    }

    @Test
    void shouldForgetTheAlarmWhenThereIsWork() {
        alarm.sleepUntil(nowNs + 500_000);
        idleStrategy.idle(1);
        idleStrategy.idle(0);
        assertEquals(0, parkedNs);
    }
}
