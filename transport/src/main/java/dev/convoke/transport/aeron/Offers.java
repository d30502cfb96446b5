package dev.convoke.transport.aeron;

import dev.convoke.transport.FramePort;
import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import org.agrona.DirectBuffer;

/** Offers in the words of {@link FramePort}. */
final class Offers {
    private Offers() {
    }

    /**
     * Aeron's results become the port's; a publication that can never take frames again is as good as gone. The
     * caller has seen that the publication is connected, which Aeron itself asks only when there is no room.
     */
    static long offer(
        final ExclusivePublication publication, final DirectBuffer buffer, final int offset, final int length) {
        long result = publication.offer(buffer, offset, length);
        if (result == Publication.ADMIN_ACTION) {
            // The term was full; the next one is ready now.
            result = publication.offer(buffer, offset, length);
        }
        if (result > 0) {
            return result;
        }
        return result == Publication.BACK_PRESSURED || result == Publication.ADMIN_ACTION
            ? FramePort.BACK_PRESSURED : FramePort.NOT_CONNECTED;
    }
}
