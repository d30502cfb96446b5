package dev.convoke.transport;

import dev.convoke.core.Context;
import dev.convoke.core.Counters;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

/** Settings of an exchange. Concluding it concludes the settings of the media driver, too. */
public final class ExchangeContext extends Context {
    /** Aeron accepts messages of up to an eighth of a term. */
    private static final int FRAMES_PER_TERM = 8;

    private final AeronContext aeron = new AeronContext();
    private int maxFrameBytes = 256 * 1024;
    private NanoClock clock = SystemNanoClock.INSTANCE;
    private Counters counters = new Counters();
    private ErrorHandler errorHandler = error -> { };

    @Override
    protected void validate() {
        require(maxFrameBytes >= 4096 && maxFrameBytes <= 1 << 20,
            "max-frame-bytes is " + maxFrameBytes + "; choose 4096 to 1048576.");
        require(aeron.termBytes() >= FRAMES_PER_TERM * maxFrameBytes,
            "aeron.term-bytes is " + aeron.termBytes() + " and max-frame-bytes " + maxFrameBytes
                + ", but a term must hold eight frames; raise the one or lower the other.");
        aeron.conclude();
    }

    /** Longest frame in bytes; longer exchanges are split into parts. */
    public ExchangeContext maxFrameBytes(final int bytes) {
        checkMutable();
        maxFrameBytes = bytes;
        return this;
    }

    /** Longest frame in bytes. */
    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    /** Monotonic time. */
    public ExchangeContext clock(final NanoClock nanoClock) {
        checkMutable();
        clock = nanoClock;
        return this;
    }

    /** Monotonic time. */
    public NanoClock clock() {
        return clock;
    }

    /** Where ports register their counters. */
    public ExchangeContext counters(final Counters registry) {
        checkMutable();
        counters = registry;
        return this;
    }

    /** Where ports register their counters. */
    public Counters counters() {
        return counters;
    }

    /**
     * Told about trouble that ports survive and count, such as a peer's channel that could not be opened; called on
     * the threads of ports and of the media driver, never in steady state.
     */
    public ExchangeContext errorHandler(final ErrorHandler handler) {
        checkMutable();
        errorHandler = handler;
        return this;
    }

    /** Told about trouble that ports survive and count. */
    public ErrorHandler errorHandler() {
        return errorHandler;
    }

    /** Settings that only the Aeron exchanges read. */
    public AeronContext aeron() {
        return aeron;
    }
}
