package dev.convoke.gating;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import org.junit.jupiter.api.Test;

class RoutingPlanTest {
    @Test
    void shouldHaveRoomForEverythingWithoutACapacityFactor() {
        final RoutingPlan plan = allOnExpertZero(new RoutingPlan(4, 1, 10), 10);
        assertEquals(0, plan.overflow());
        assertEquals(Integer.MAX_VALUE, plan.expertCapacity());
        assertEquals(CapacityPolicy.DROPLESS, plan.capacity().policy());
    }

    @Test
    void shouldCountButKeepWhatLiesBeyondCapacity() {
        final RoutingPlan plan = allOnExpertZero(new RoutingPlan(4, 1, 10, spill(1.25)), 10);
        assertEquals(4, plan.expertCapacity(), "ceil(1.25 x 10 / 4)");
        assertEquals(6, plan.overflow(0));
        assertEquals(0, plan.overflow(1));
        assertEquals(6, plan.overflow());
        assertEquals(10, plan.count(0));
        assertEquals(10, plan.firstOf(1));
    }

    @Test
    void shouldGiveEveryExpertRoomForOneRow() {
        final RoutingPlan plan = allOnExpertZero(new RoutingPlan(64, 1, 10, spill(0.5)), 2);
        assertEquals(1, plan.expertCapacity());
        assertEquals(1, plan.overflow());
    }

    @Test
    void shouldForgetOverflowWhenReused() {
        final RoutingPlan plan = allOnExpertZero(new RoutingPlan(4, 1, 10, spill(1)), 10);
        allOnExpertZero(plan, 1);
        assertEquals(0, plan.overflow());
        assertEquals(1, plan.count(0));
        plan.start(0);
        plan.group();
        assertEquals(0, plan.entries());
        assertEquals(0, plan.count(0));
    }

    @Test
    void shouldRejectShapesThatCannotBe() {
        assertThrows(ConfigurationException.class, () -> new RoutingPlan(2, 3, 1));
        assertThrows(ConfigurationException.class, () -> new RoutingPlan(2, 0, 1));
    }

    @Test
    void shouldRejectCapacitiesThatCannotBe() {
        assertThrows(ConfigurationException.class, () -> spill(Double.NaN));
        assertThrows(ConfigurationException.class, () -> spill(0));
        assertTrue(assertThrows(ConfigurationException.class, () -> new Capacity(CapacityPolicy.DROPLESS, 2))
            .getMessage().contains("dropless"));
    }

    private static Capacity spill(final double factor) {
        return new Capacity(CapacityPolicy.SPILL, factor);
    }

    private static RoutingPlan allOnExpertZero(final RoutingPlan plan, final int rows) {
        plan.start(rows);
        for (int row = 0; row < rows; row++) {
            plan.choose(row, 0, 0, 1.0f);
        }
        plan.group();
        return plan;
    }
}
