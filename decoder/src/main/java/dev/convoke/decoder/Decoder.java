package dev.convoke.decoder;

import dev.convoke.routing.RoutingService;
import org.agrona.concurrent.Agent;

/**
 * Generates tokens for many requests together, one step of the whole batch at a time (continuous batching, Yu et al.,
 * 2022). Owned by the thread that calls {@link #doWork}; requests may be submitted and cancelled from any thread.
 */
public final class Decoder implements Agent, AutoCloseable {
    private final RoutingService routing;

    /** Loads the model and starts the delivery thread. Concludes the context if that has not been done. */
    public Decoder(final DecoderContext context) {
        routing = new RoutingService(context.routing());
    }

    /** Hands a request over; any thread. Its stream ends at some time if, and only if, it is accepted. */
    public Admission submit(final GenerationRequest request) {
        return Admission.NOT_READY;
    }

    /** Ends a request at the next step; any thread. Does nothing if it has ended. */
    public void cancel(final GenerationRequest request) {
        request.markCancelled();
    }

    /** Takes no more requests from now on; those accepted go on. Any thread. */
    public void drain() {
    }

    /** Whether requests are taken: the experts can be reached and nobody asked to drain. Any thread. */
    public boolean isReady() {
        return false;
    }

    /** Why requests are not taken, in one sentence; empty when they are. Any thread. */
    public String notReadyReason() {
        return "";
    }

    /** One step, if there is anything to do, and what belongs between steps. */
    @Override
    public int doWork() {
        return routing.poll();
    }

    /** Requests in the batch. Any thread. */
    public int running() {
        return 0;
    }

    /** Requests that wait to start or to go on. Any thread. */
    public int waiting() {
        return 0;
    }

    /** Pages of the key-value cache that no sequence holds. Any thread. */
    public int freePages() {
        return 0;
    }

    /** Pages of the key-value cache. */
    public int pages() {
        return 0;
    }

    /** Positions of the longest sequence, prompt and sampled tokens together. */
    public int maxContext() {
        return 0;
    }

    @Override
    public String roleName() {
        return "decoder";
    }

    /** Ends what still runs. By the agent's thread, as the last call on it. */
    @Override
    public void onClose() {
    }

    /** Frees all memory; after the agent's thread has stopped. */
    @Override
    public void close() {
        routing.close();
    }
}
