package dev.convoke.bench.scenarios;

import java.time.Instant;
import java.util.Map;

/**
 * When, of what and where scenarios are done.
 *
 * @param time    of the start
 * @param commit  that is measured, with a plus if files were changed since
 * @param machine see {@link dev.convoke.bench.MachineDescription}
 */
public record RunPlace(Instant time, String commit, Map<String, Object> machine) {
    /** For people, in a line. */
    String sentence() {
        return time.toString().substring(0, "2000-01-01".length()) + ", commit " + commit + ", "
            + machine.getOrDefault("cpu", machine.get("architecture")) + ", " + machine.get("processors")
            + " processors, Java " + machine.get("java");
    }
}
