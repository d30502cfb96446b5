package dev.convoke.core;

import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;

/**
 * Whose bits a process takes: its own, and those that its operator accepts beside them.
 *
 * @param own       what the process computes itself
 * @param preferred all of them, the most preferred first
 */
public record AcceptedNumerics(NumericsId own, List<NumericsId> preferred) {
    /** The rank of numerics that are not accepted. */
    public static final int NO_RANK = -1;

    /** In that order, which names each once, with its own among them. */
    public AcceptedNumerics {
        preferred = List.copyOf(preferred);
        if (!preferred.contains(own) || new HashSet<>(preferred).size() != preferred.size()) {
            throw new IllegalArgumentException(preferred + " does not name " + own + " and every other once");
        }
    }

    /** Its own alone. */
    public static AcceptedNumerics only(final NumericsId own) {
        return new AcceptedNumerics(own, List.of(own));
    }

    /** Its own first, unless the list says where it stands; then the list, in order. */
    public static AcceptedNumerics of(final NumericsId own, final List<NumericsId> accepted) {
        return new AcceptedNumerics(own, accepted.contains(own) ? accepted
            : Stream.concat(Stream.of(own), accepted.stream()).toList());
    }

    /** How many are accepted; ranks are below it. */
    public int ranks() {
        return preferred.size();
    }

    /** 0 for the most preferred; {@link #NO_RANK} for what is not accepted. Allocates nothing. */
    public int rank(final int numericsId) {
        for (int rank = 0; rank < preferred.size(); rank++) {
            if (preferred.get(rank).value() == numericsId) {
                return rank;
            }
        }
        return NO_RANK;
    }

    /** The same for one that is written out. */
    public int rank(final String name) {
        return NumericsId.named(name).map(id -> rank(id.value())).orElse(NO_RANK);
    }

    /** Those that are not its own, in order of preference. */
    public List<NumericsId> others() {
        return preferred.stream().filter(id -> !id.equals(own)).toList();
    }
}
