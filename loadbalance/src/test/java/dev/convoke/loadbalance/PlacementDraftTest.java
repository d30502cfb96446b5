package dev.convoke.loadbalance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlacementDraftTest {
    @Test
    void shouldMakeWayWhenTheOnlyRoomIsOnAHostThatHoldsTheExpert() {
        final PlacementDraft draft = new PlacementDraft(new PlacementRequest(1, 1, 3,
            List.of(HostCapacity.of(2), HostCapacity.of(2))));
        draft.add(0, 0, 0);
        draft.add(0, 1, 1);
        draft.add(0, 2, 1);
        assertTrue(draft.tryAdd(0, 0));
        assertArrayEquals(new int[]{0, 1}, draft.hosts(0, 0));
        assertEquals(4, draft.total());
        assertFalse(draft.tryAdd(0, 1));
    }

    @Test
    void shouldMakeWayOverSeveralHosts() {
        final PlacementDraft draft = new PlacementDraft(new PlacementRequest(1, 1, 4,
            List.of(HostCapacity.of(2), HostCapacity.of(1), HostCapacity.of(2))));
        draft.add(0, 3, 2);
        draft.add(0, 0, 2);
        draft.add(0, 0, 1);
        draft.add(0, 1, 0);
        assertTrue(draft.tryAdd(0, 0));
        assertEquals(3, draft.replicas(0, 0));
        assertFalse(draft.tryAdd(0, 2));
        assertEquals(5, draft.total());
    }

    @Test
    void shouldRefuseWhatAPlacementMustNotHold() {
        final PlacementDraft draft = new PlacementDraft(new PlacementRequest(1, 1, 2,
            List.of(HostCapacity.of(2), HostCapacity.of(0))));
        draft.add(0, 0, 0);
        assertThrows(IllegalArgumentException.class, () -> draft.add(0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> draft.add(0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> draft.drop(0, 1, 0));
        draft.drop(0, 0, 0);
        assertEquals(0, draft.total());
        assertEquals(2, draft.free(0));
    }

    @Test
    void shouldGiveExtraReplicasToTheMostLoadedExperts() {
        final PlacementDraft draft = new PlacementDraft(new PlacementRequest(1, 1, 4, 4)
            .withLoad(ExpertLoad.ofTokens(new double[][]{{1, 9, 3, 5}})).withReplicas(1, 3));
        draft.complete();
        assertEquals(List.of(1, 3, 1, 2), List.of(draft.replicas(0, 0), draft.replicas(0, 1), draft.replicas(0, 2),
            draft.replicas(0, 3)));
    }

    @Test
    void shouldKeepOfTheCurrentPlacementWhatStillFits() {
        final Placement current = new Placement(4, 1, 3, 2, new int[][]{{0, 1}, {0}, {1}});
        final PlacementDraft draft = PlacementDraft.ofCurrent(new PlacementRequest(5, 1, 3,
            List.of(HostCapacity.of(3), HostCapacity.of(1))).withCurrent(current, MovePolicy.FREE));
        assertArrayEquals(new int[]{0}, draft.hosts(0, 0));
        assertArrayEquals(new int[]{0}, draft.hosts(0, 1));
        assertArrayEquals(new int[]{1}, draft.hosts(0, 2));
    }
}
