package dev.convoke.routing;

import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.codec.WelcomeDecoder;
import java.util.Arrays;

/**
 * What a host says it holds. The list comes in parts, in any order, some of them twice or never. What a part names is
 * held from then on; what a later revision no longer names is held until all of its parts are there. A part of an
 * earlier revision was late and says nothing, unless nothing else comes: then it was the later one that is wrong, since
 * a damaged frame can claim any number. On the step path.
 */
final class HeldExperts {
    /** So many parts of earlier revisions in a row are no late copies. */
    private static final int OUTDATED_IN_A_ROW = 4;

    private final RoutedModel model;
    private final long[] held;
    /** What the parts of the latest revision name. */
    private final long[] named;
    /** Which parts of the latest revision have come; each names an expert, so that there are no more than experts. */
    private final long[] arrived;
    private final FrameIdentity identity = new FrameIdentity();
    private long revision;
    private int parts;
    private int outdated;

    HeldExperts(final RoutedModel model) {
        this.model = model;
        held = new long[(model.layers() * model.experts() + Long.SIZE - 1) / Long.SIZE];
        named = new long[held.length];
        arrived = new long[held.length];
    }

    /** Nothing, until somebody says otherwise. */
    void clear() {
        Arrays.fill(held, 0);
        begin(Long.MIN_VALUE);
    }

    private void begin(final long newRevision) {
        revision = newRevision;
        parts = 0;
        Arrays.fill(named, 0);
        Arrays.fill(arrived, 0);
    }

    boolean holds(final int layer, final int expert) {
        final int index = layer * model.experts() + expert;
        return (held[index >> 6] & 1L << index) != 0;
    }

    int count() {
        return Arrays.stream(held).mapToInt(Long::bitCount).sum();
    }

    /** Takes one part of a list; numbers out of range are passed over. */
    void add(final WelcomeDecoder welcome) {
        identity.readFrom(welcome.identity());
        if (welcome.revision() < revision && ++outdated < OUTDATED_IN_A_ROW) {
            return;
        }
        outdated = 0;
        if (welcome.revision() != revision) {
            begin(welcome.revision());
        }
        final WelcomeDecoder.ExpertsDecoder experts = welcome.experts();
        while (experts.hasNext()) {
            experts.next();
            if (experts.layer() < model.layers() && experts.expert() < model.experts()) {
                final int index = experts.layer() * model.experts() + experts.expert();
                held[index >> 6] |= 1L << index;
                named[index >> 6] |= 1L << index;
            }
        }
        if (isNew(identity.part()) && ++parts == identity.parts()) {
            System.arraycopy(named, 0, held, 0, held.length);
        }
    }

    private boolean isNew(final int part) {
        if (part >= arrived.length * Long.SIZE || (arrived[part >> 6] & 1L << part) != 0) {
            return false;
        }
        arrived[part >> 6] |= 1L << part;
        return true;
    }
}
