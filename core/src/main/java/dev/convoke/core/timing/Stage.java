package dev.convoke.core.timing;

import java.util.Locale;

/** What a decoder's thread does during a step. At every moment it does exactly one of these. */
public enum Stage {
    /** Choosing the rows of the step. */
    SCHEDULE(false),
    /** Looking the tokens' rows up. */
    EMBED(false),
    /** Norm, projections, rotation, key-value pages and attention of a layer. */
    ATTENTION(true),
    /** Norm, router and choice of experts of a layer. */
    GATE(true),
    /** Choosing replicas and writing dispatch frames, in the transport's memory where it allows that. */
    SERIALISE(true),
    /** Handing written dispatch frames over, and noting what was sent. */
    DISPATCH(true),
    /** From the last frame handed over until all answers are in; includes experts that this thread runs itself. */
    WAIT(true),
    /** Weighted sum of the experts' rows. */
    COMBINE(true),
    /** Last norm and product with the vocabulary. */
    HEAD(false),
    /** From logits to tokens. */
    SAMPLE(false),
    /** Everything else between the beginning and the end of a step: polling, admission, delivery. */
    OTHER(false);

    private static final Stage[] ALL = values();

    private final boolean perLayer;

    Stage(final boolean perLayer) {
        this.perLayer = perLayer;
    }

    /** Whether it belongs to one layer at a time. */
    public boolean isPerLayer() {
        return perLayer;
    }

    /** As labels spell it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** How many there are. */
    public static int count() {
        return ALL.length;
    }

    static Stage of(final int ordinal) {
        return ALL[ordinal];
    }
}
