package dev.convoke.gating;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What becomes of rows beyond an expert's capacity. */
public enum CapacityPolicy {
    /** There is no capacity: every row goes to the experts it chose. */
    DROPLESS,
    /** They go to another replica of the expert as long as one has room; none is left out, and no bit changes. */
    SPILL,
    /** As {@link #SPILL}; what no replica has room for asks the row's next likeliest experts, and is left out last. */
    EXPANDED_DROP,
    /** As {@link #SPILL}; what no replica has room for is left out. */
    DROP;

    /** Whether entries may be left out of a sum, so that bits depend on what else is in the step. */
    public boolean drops() {
        return this == EXPANDED_DROP || this == DROP;
    }

    /** As options name it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** All names that {@link #named} knows. */
    public static List<String> labels() {
        return Arrays.stream(values()).map(CapacityPolicy::label).toList();
    }

    /** By its name, which is one of {@link #labels()}. */
    public static CapacityPolicy named(final String label) {
        return values()[labels().indexOf(label)];
    }
}
