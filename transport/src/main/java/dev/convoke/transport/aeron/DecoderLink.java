package dev.convoke.transport.aeron;

import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FramePort;
import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Image;
import org.agrona.DirectBuffer;

/**
 * A host's way to one decoder: the image of its requests, and the publication of answers to it. A decoder counts as
 * a peer once it can be answered; until then its frames wait.
 */
final class DecoderLink {
    private final Image requests;
    private final FrameAssembler assembler;
    private final Outbox outbox;
    private long publicationId = Aeron.NULL_VALUE;
    private ExclusivePublication answers;
    private boolean isUnanswerable;

    DecoderLink(final Image requests, final FrameAssembler assembler, final Outbox outbox) {
        this.requests = requests;
        this.assembler = assembler;
        this.outbox = outbox;
    }

    /** Takes the next step towards being able to answer; throws when the decoder did not ask for answers. */
    int open(final Aeron aeron, final HostChannels channels) {
        if (publicationId == Aeron.NULL_VALUE) {
            publicationId = aeron.asyncAddExclusivePublication(
                channels.hostPublication(requests.correlationId()), channels.answerStream());
            return 1;
        }
        if (answers == null) {
            answers = aeron.getExclusivePublication(publicationId);
            return answers == null ? 0 : 1;
        }
        return 0;
    }

    /** Whether the decoder has gone. */
    boolean isGone() {
        return isUnanswerable || requests.isClosed();
    }

    boolean isConnected() {
        return answers != null && answers.isConnected() && !requests.isClosed();
    }

    long offer(final DirectBuffer buffer, final int offset, final int length) {
        return isConnected() ? outbox.offer(answers, buffer, offset, length) : FramePort.NOT_CONNECTED;
    }

    long offer(final int length, final FrameContent content) {
        return isConnected() ? outbox.offer(answers, length, content) : FramePort.NOT_CONNECTED;
    }

    int poll(final int peer, final FrameHandler handler, final int limit) {
        return requests.poll(assembler.deliverTo(peer, handler), limit);
    }

    /** A stream that did not ask for answers is never polled, so that it stops itself. */
    void ignore() {
        isUnanswerable = true;
    }

    void close(final Aeron aeron) {
        aeron.asyncRemovePublication(publicationId);
    }
}
