package dev.convoke.transport.aeron;

import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FramePort;
import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.logbuffer.BufferClaim;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * How a port's frames go out, in the words of {@link FramePort}. A frame that fits into one fragment is written in the
 * publication's log; one that does not is written here and copied there fragment by fragment. A publication that can
 * never take frames again is as good as gone. Callers have seen that the publication is connected, which Aeron itself
 * asks only when there is no room.
 */
final class Outbox {
    private final BufferClaim claim = new BufferClaim();
    private final UnsafeBuffer staging;

    Outbox(final int maxFrameBytes) {
        staging = new UnsafeBuffer(new byte[maxFrameBytes]);
    }

    long offer(
        final ExclusivePublication publication, final DirectBuffer buffer, final int offset, final int length) {
        long result = publication.offer(buffer, offset, length);
        if (result == Publication.ADMIN_ACTION) {
            // The term was full; the next one is ready now.
            result = publication.offer(buffer, offset, length);
        }
        return outcome(result);
    }

    long offer(final ExclusivePublication publication, final int length, final FrameContent content) {
        if (length > publication.maxPayloadLength()) {
            // Without room for a fragment there is none for all of them: not worth writing it again and again.
            if (publication.availableWindow() <= 0) {
                return publication.isClosed() ? FramePort.NOT_CONNECTED : FramePort.BACK_PRESSURED;
            }
            content.writeTo(staging, 0);
            return offer(publication, staging, 0, length);
        }
        long result = publication.tryClaim(length, claim);
        if (result == Publication.ADMIN_ACTION) {
            result = publication.tryClaim(length, claim);
        }
        if (result > 0) {
            write(content);
        }
        return outcome(result);
    }

    /** A claim that was not written to its end becomes padding: left open it would stop the stream. */
    private void write(final FrameContent content) {
        boolean isWritten = false;
        try {
            content.writeTo(claim.buffer(), claim.offset());
            isWritten = true;
        } finally {
            if (isWritten) {
                claim.commit();
            } else {
                claim.abort();
            }
        }
    }

    private static long outcome(final long result) {
        if (result > 0) {
            return result;
        }
        return result == Publication.BACK_PRESSURED || result == Publication.ADMIN_ACTION
            ? FramePort.BACK_PRESSURED : FramePort.NOT_CONNECTED;
    }
}
