package dev.convoke.transport.aeron;

import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FramePort;
import io.aeron.Aeron;
import io.aeron.AvailableImageHandler;
import io.aeron.Image;
import io.aeron.Subscription;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.NanoClock;

/** An expert host's end: one subscription that all decoders publish to, and a publication for each to answer it. */
final class HostPort implements FramePort {
    private final HostChannels channels;
    private final ClientSession session;
    private final ExchangeContext context;
    private final PortCounters counters;
    private final NanoClock clock;
    private final int preferredFrameBytes;
    private final Outbox outbox;
    private final AvailableImageHandler onImage = this::onImage;
    /** Decoders that cannot be answered yet. */
    private final List<DecoderLink> arriving = new ArrayList<>();
    /** By peer number; null once that decoder has gone. */
    private final List<DecoderLink> links = new ArrayList<>();
    private Subscription subscription;
    private long subscriptionId = Aeron.NULL_VALUE;
    private long reservationId = Aeron.NULL_VALUE;
    private boolean isReserved;
    private long retryAtNs;
    private RuntimeException lastError;
    private int generation;
    private int next;
    private boolean closed;

    HostPort(
        final HostChannels channels,
        final ClientSession session,
        final ExchangeContext context,
        final PortCounters counters) {
        this.channels = channels;
        this.session = session;
        this.context = context;
        this.counters = counters;
        this.clock = context.clock();
        this.preferredFrameBytes = Fragments.preferredBytes(List.of(channels), context.maxFrameBytes());
        this.outbox = new Outbox(context.maxFrameBytes());
        this.retryAtNs = clock.nanoTime();
    }

    /** Whether decoders can reach it. */
    boolean isBound() {
        return subscription != null && isReserved;
    }

    /** Why the driver refused to bind, or null. */
    RuntimeException lastError() {
        return lastError;
    }

    @Override
    public int peers() {
        return links.size();
    }

    @Override
    public boolean isConnected(final int peer) {
        final DecoderLink link = linkTo(peer);
        return link != null && link.isConnected();
    }

    @Override
    public long offer(final int peer, final DirectBuffer buffer, final int offset, final int length) {
        final long refusal = refusal(peer, length);
        return refusal < 0 ? refusal : links.get(peer).offer(buffer, offset, length);
    }

    @Override
    public long offer(final int peer, final int length, final FrameContent content) {
        final long refusal = refusal(peer, length);
        return refusal < 0 ? refusal : links.get(peer).offer(length, content);
    }

    /** Why a frame cannot go to whatever link, or 0. */
    private long refusal(final int peer, final int length) {
        if (closed) {
            return CLOSED;
        }
        if (length > maxFrameBytes()) {
            return TOO_LARGE;
        }
        return linkTo(peer) == null ? NOT_CONNECTED : 0;
    }

    @Override
    public int poll(final FrameHandler handler, final int limit) {
        if (closed) {
            return 0;
        }
        final int frames = pollLinks(handler, limit);
        if (!session.isFree(frames)) {
            return frames;
        }
        final long nowNs = clock.nanoTime();
        return session.isDue(nowNs) ? frames + keepUp(nowNs) : frames;
    }

    private int keepUp(final long nowNs) {
        int work = session.work(nowNs);
        if (generation != session.generation()) {
            generation = session.generation();
            forget(nowNs);
        }
        if (session.aeron() == null) {
            return work;
        }
        if (!isBound()) {
            work += bind(nowNs);
        }
        return work + admit() + dropGone();
    }

    private int pollLinks(final FrameHandler handler, final int limit) {
        final int count = links.size();
        int frames = 0;
        next = next + 1 < count ? next + 1 : 0;
        for (int i = 0; i < count && frames < limit; i++) {
            final int peer = next + i < count ? next + i : next + i - count;
            final DecoderLink link = links.get(peer);
            if (link != null) {
                frames += link.poll(peer, handler, limit - frames);
            }
        }
        return frames;
    }

    private int dropGone() {
        int work = 0;
        for (int peer = 0; peer < links.size(); peer++) {
            final DecoderLink link = links.get(peer);
            if (link != null && link.isGone()) {
                counters.peersLost.increment();
                links.set(peer, null);
                link.close(session.aeron());
                work++;
            }
        }
        return work;
    }

    private int bind(final long nowNs) {
        if (nowNs - retryAtNs < 0) {
            return 0;
        }
        try {
            final Aeron aeron = session.aeron();
            if (subscriptionId == Aeron.NULL_VALUE) {
                isReserved = channels.hostReservation() == null;
                if (!isReserved) {
                    reservationId =
                        aeron.asyncAddExclusivePublication(channels.hostReservation(), channels.answerStream());
                }
                subscriptionId = aeron.asyncAddSubscription(
                    channels.hostSubscription(), channels.requestStream(), onImage, null);
            }
            isReserved = isReserved || aeron.getExclusivePublication(reservationId) != null;
            if (subscription == null) {
                subscription = aeron.getSubscription(subscriptionId);
            }
            return isBound() ? 1 : 0;
        } catch (final RuntimeException e) {
            lastError = e;
            session.onError(e);
            release();
            forget(nowNs);
            retryAtNs = nowNs + context.aeron().reconnectIntervalNs();
            return 1;
        }
    }

    private int admit() {
        int work = 0;
        for (int i = arriving.size() - 1; i >= 0; i--) {
            final DecoderLink link = arriving.get(i);
            work += open(link);
            if (link.isConnected()) {
                links.add(link);
                counters.peersConnected.increment();
                arriving.remove(i);
            } else if (link.isGone()) {
                link.close(session.aeron());
                arriving.remove(i);
            }
        }
        return work;
    }

    private int open(final DecoderLink link) {
        if (link.isGone()) {
            return 0;
        }
        try {
            return link.open(session.aeron(), channels);
        } catch (final RuntimeException e) {
            session.onError(e);
            link.ignore();
            return 1;
        }
    }

    private void onImage(final Image image) {
        arriving.add(
            new DecoderLink(image, new FrameAssembler(maxFrameBytes(), counters.framesDropped), outbox));
    }

    private void forget(final long nowNs) {
        for (int i = 0; i < links.size(); i++) {
            if (links.set(i, null) != null) {
                counters.peersLost.increment();
            }
        }
        arriving.clear();
        subscription = null;
        subscriptionId = Aeron.NULL_VALUE;
        reservationId = Aeron.NULL_VALUE;
        isReserved = false;
        retryAtNs = nowNs;
    }

    private void release() {
        final Aeron aeron = session.aeron();
        aeron.asyncRemoveSubscription(subscriptionId);
        aeron.asyncRemovePublication(reservationId);
    }

    private DecoderLink linkTo(final int peer) {
        return peer >= 0 && peer < links.size() ? links.get(peer) : null;
    }

    @Override
    public int maxFrameBytes() {
        return context.maxFrameBytes();
    }

    @Override
    public int preferredFrameBytes() {
        return preferredFrameBytes;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            session.close();
            links.clear();
            arriving.clear();
        }
    }
}
