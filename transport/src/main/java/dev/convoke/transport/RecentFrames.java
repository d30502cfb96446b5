package dev.convoke.transport;

/**
 * Frames that were taken lately, so that a copy is recognised before anything is done with it. A frame is known by a
 * number made of its identity, of which a table of fixed size holds some thousand; of two in one place the older is
 * forgotten, and its copy then passes for new. Owned by one thread; neither allocates nor throws after construction.
 */
public final class RecentFrames {
    private static final int PLACES = 8192;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final long[] places = new long[PLACES];

    /**
     * The number of a frame.
     *
     * @param peer   whom it came from: nobody can pass for another
     * @param within which of the frames with this identity it is
     */
    public static long number(final int peer, final FrameIdentity identity, final int within) {
        long number = mix(identity.decoderId() + GOLDEN * identity.incarnation());
        number = mix(number ^ identity.exchangeId());
        number = mix(number ^ ((long)identity.attempt() << 48 | (long)identity.part() << 32 | peer));
        number = mix(number + GOLDEN * within);
        // Zero is an empty place.
        return number == 0 ? GOLDEN : number;
    }

    /** Mixes all bits into all: the finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long mix(final long value) {
        final long first = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        final long second = (first ^ first >>> 27) * 0x94D049BB133111EBL;
        return second ^ second >>> 31;
    }

    /** Whether a frame was taken lately. */
    public boolean contains(final long number) {
        return places[place(number)] == number;
    }

    /** A frame is taken. */
    public void add(final long number) {
        places[place(number)] = number;
    }

    private static int place(final long number) {
        return (int)number & PLACES - 1;
    }
}
