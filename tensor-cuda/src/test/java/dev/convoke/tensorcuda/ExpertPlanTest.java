package dev.convoke.tensorcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExpertPlanTest {
    private static final long EXPERT = 1000;

    @Test
    void shouldKeepEverythingThatFits() {
        final ExpertPlan plan = ExpertPlan.of(10, EXPERT, 10 * EXPERT);
        assertEquals(new ExpertPlan(10, 10, 0), plan);
        assertTrue(IntStream.range(0, 10).allMatch(plan::stays));
        assertEquals(10, plan.places());
    }

    @Test
    void shouldNeverTakeMoreThanThereIs() {
        for (int experts = 4; experts < 300; experts += 7) {
            for (long available = 3 * EXPERT; available < experts * EXPERT; available += 1700) {
                final ExpertPlan plan = ExpertPlan.of(experts, EXPERT, available);
                assertTrue(plan.places() * EXPERT <= available, plan::toString);
                assertTrue(plan.slots() >= 2 && plan.residents() >= 0, plan::toString);
                assertEquals(plan.residents(), IntStream.range(0, experts).filter(plan::stays).count());
            }
        }
    }

    @Test
    void shouldSpreadEvenlyWhatStays() {
        final ExpertPlan plan = new ExpertPlan(48, 24, 8);
        for (int first = 0; first < 48; first += 8) {
            assertEquals(4, IntStream.range(first, first + 8).filter(plan::stays).count());
        }
    }

    @Test
    void shouldGiveUpWhereNotEvenVisitorsHaveRoom() {
        assertNull(ExpertPlan.of(10, EXPERT, 3 * EXPERT - 1));
        assertFalse(ExpertPlan.of(10, EXPERT, 3 * EXPERT).stays(0));
    }
}
