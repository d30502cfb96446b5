package dev.convoke.server.coordinator;

import dev.convoke.loadbalance.Placement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Hosts that are known from the start. */
final class TestMembers {
    private TestMembers() {
    }

    /** A beginning with as many as the placement has numbers, all of them configured. */
    static Command.Begin begin(final Placement placement) {
        final Map<Integer, Member> members = new HashMap<>();
        for (int host = 0; host < placement.hosts(); host++) {
            members.put(host, Member.configured("host " + host));
        }
        return new Command.Begin(placement, null, List.of(), members);
    }
}
