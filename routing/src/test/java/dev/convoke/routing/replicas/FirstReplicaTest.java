package dev.convoke.routing.replicas;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.routing.ReplicaChoice;
import org.junit.jupiter.api.Test;

class FirstReplicaTest extends ReplicaChoiceContract {
    @Override
    protected ReplicaChoice choice() {
        return new FirstReplica();
    }

    @Test
    void shouldLeaveOtherReplicasIdle() {
        final Case one = Case.random(random, 20, 5, 50);
        choice().choose(one.demand(), one.costs());
        for (int item = 0; item < one.demand().experts(); item++) {
            assertEquals(one.demand().rows(item), one.demand().allotted(item, 0));
        }
    }
}
