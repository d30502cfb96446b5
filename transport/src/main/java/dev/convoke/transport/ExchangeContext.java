package dev.convoke.transport;

import dev.convoke.core.Context;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

/** Settings of an exchange. */
public final class ExchangeContext extends Context {
    private int maxFrameBytes = 256 * 1024;
    private NanoClock clock = SystemNanoClock.INSTANCE;

    @Override
    protected void validate() {
        require(maxFrameBytes >= 4096 && maxFrameBytes <= 1 << 20,
            "max-frame-bytes is " + maxFrameBytes + "; choose 4096 to 1048576.");
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
}
