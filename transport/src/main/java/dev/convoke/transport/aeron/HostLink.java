package dev.convoke.transport.aeron;

import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FramePort;
import io.aeron.Aeron;
import io.aeron.AvailableImageHandler;
import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.Subscription;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;

/**
 * A decoder's way to one host: first the subscription for answers, then the publication for requests that names it,
 * then the host's answer stream. When either direction ends, both are made anew: a response channel serves once.
 */
final class HostLink {
    /** How long requests may find a host that does not open its answer stream, as when it restarted in between. */
    private static final long HANDSHAKE_NS = TimeUnit.SECONDS.toNanos(5);

    /** What the link is waiting for. */
    private enum State {
        PAUSED,
        SUBSCRIBING,
        PUBLISHING,
        AWAITING_HOST,
        AWAITING_ANSWER_STREAM,
        CONNECTED
    }

    private final HostChannels channels;
    private final ClientSession session;
    private final PortCounters counters;
    private final long reconnectIntervalNs;
    private final FrameAssembler assembler;
    private final Outbox outbox;
    private final AvailableImageHandler onImage = this::onImage;
    private State state = State.PAUSED;
    private long deadlineNs;
    private long subscriptionId = Aeron.NULL_VALUE;
    private long publicationId = Aeron.NULL_VALUE;
    private Subscription subscription;
    private ExclusivePublication publication;
    private Image answers;
    private boolean hostRestarted;

    HostLink(
        final HostChannels channels,
        final ClientSession session,
        final ExchangeContext context,
        final PortCounters counters,
        final Outbox outbox) {
        this.channels = channels;
        this.outbox = outbox;
        this.session = session;
        this.counters = counters;
        this.reconnectIntervalNs = context.aeron().reconnectIntervalNs();
        this.assembler = new FrameAssembler(context.maxFrameBytes(), counters.framesDropped);
        this.deadlineNs = context.clock().nanoTime();
    }

    boolean isConnected() {
        return state == State.CONNECTED && publication.isConnected();
    }

    long offer(final DirectBuffer buffer, final int offset, final int length) {
        return isConnected() ? outbox.offer(publication, buffer, offset, length) : FramePort.NOT_CONNECTED;
    }

    long offer(final int length, final FrameContent content) {
        return isConnected() ? outbox.offer(publication, length, content) : FramePort.NOT_CONNECTED;
    }

    int poll(final int peer, final FrameHandler handler, final int limit) {
        return answers == null ? 0 : answers.poll(assembler.deliverTo(peer, handler), limit);
    }

    /** Takes the next step towards being connected, or notices that the host has gone. */
    int work(final long nowNs) {
        try {
            return switch (state) {
                case PAUSED -> nowNs - deadlineNs < 0 ? 0 : subscribe();
                case SUBSCRIBING -> publishOnceSubscribed();
                case PUBLISHING -> awaitHostOncePublished();
                case AWAITING_HOST, AWAITING_ANSWER_STREAM -> awaitHost(nowNs);
                case CONNECTED -> keep(nowNs);
            };
        } catch (final RuntimeException e) {
            session.onError(e);
            release(nowNs);
            return 1;
        }
    }

    private int subscribe() {
        subscriptionId = session.aeron().asyncAddSubscription(
            channels.decoderSubscription(), channels.answerStream(), onImage, null);
        state = State.SUBSCRIBING;
        return 1;
    }

    private int publishOnceSubscribed() {
        subscription = session.aeron().getSubscription(subscriptionId);
        if (subscription == null) {
            return 0;
        }
        publicationId = session.aeron().asyncAddExclusivePublication(
            channels.decoderPublication(subscription.registrationId()), channels.requestStream());
        state = State.PUBLISHING;
        return 1;
    }

    private int awaitHostOncePublished() {
        publication = session.aeron().getExclusivePublication(publicationId);
        if (publication == null) {
            return 0;
        }
        state = State.AWAITING_HOST;
        return 1;
    }

    private int awaitHost(final long nowNs) {
        if (!publication.isConnected()) {
            state = State.AWAITING_HOST;
            return 0;
        }
        if (answers != null) {
            state = State.CONNECTED;
            counters.peersConnected.increment();
            return 1;
        }
        if (state == State.AWAITING_HOST) {
            state = State.AWAITING_ANSWER_STREAM;
            deadlineNs = nowNs + HANDSHAKE_NS;
        } else if (nowNs - deadlineNs > 0) {
            release(nowNs);
            return 1;
        }
        return 0;
    }

    private int keep(final long nowNs) {
        if (!answers.isClosed() && publication.isConnected() && !hostRestarted) {
            return 0;
        }
        counters.peersLost.increment();
        release(nowNs);
        return 1;
    }

    private void onImage(final Image image) {
        hostRestarted |= answers != null;
        answers = image;
        assembler.reset();
    }

    /** The client that opened them has gone, and everything with it. */
    void forget(final long nowNs) {
        if (state == State.CONNECTED) {
            counters.peersLost.increment();
        }
        subscriptionId = Aeron.NULL_VALUE;
        publicationId = Aeron.NULL_VALUE;
        subscription = null;
        publication = null;
        answers = null;
        hostRestarted = false;
        state = State.PAUSED;
        deadlineNs = nowNs;
    }

    private void release(final long nowNs) {
        close();
        final boolean wasConnected = state == State.CONNECTED;
        state = State.PAUSED;
        forget(nowNs);
        deadlineNs = wasConnected ? nowNs : nowNs + reconnectIntervalNs;
    }

    /** The decoder has done with the host. */
    void leave() {
        if (state == State.CONNECTED) {
            counters.peersLost.increment();
        }
        close();
    }

    void close() {
        final Aeron aeron = session.aeron();
        if (aeron == null || aeron.isClosed()) {
            return;
        }
        try {
            aeron.asyncRemovePublication(publicationId);
            aeron.asyncRemoveSubscription(subscriptionId);
        } catch (final RuntimeException e) {
            session.onError(e);
        }
    }
}
