package dev.convoke.transport.faults;

import java.util.Arrays;

/** One direction of one peer: the frames under way, ordered by their time, and until when others have to wait. */
final class Way {
    final Direction direction;
    final int peer;
    boolean refusing;
    long refusedUntilNs;
    boolean paced;
    long nextNs;
    /** Listed among those with frames under way. */
    boolean waiting;
    private int heldBytes;
    private HeldFrame[] heap = new HeldFrame[8];
    private int held;
    private boolean used;
    private long transmittedNs;
    private long arrivedNs;

    Way(final Direction direction, final int peer) {
        this.direction = direction;
        this.peer = peer;
    }

    /** When a frame that enters now arrives, not before those that went in order before it. */
    long enter(final Network network, final int bytes, final long travelNs, final long nowNs) {
        final long beginsNs = used && transmittedNs - nowNs > 0 ? transmittedNs : nowNs;
        transmittedNs = beginsNs + network.transmissionNs(bytes);
        final long arrivesNs = transmittedNs + travelNs;
        arrivedNs = used && arrivedNs - arrivesNs > 0 ? arrivedNs : arrivesNs;
        used = true;
        return arrivedNs;
    }

    boolean isFull(final Network network, final int moreBytes) {
        return held > 0 && heldBytes + moreBytes > network.queueBytes();
    }

    boolean isEmpty() {
        return held == 0;
    }

    /** The frame that is due first; only while there is one. */
    HeldFrame first() {
        return heap[0];
    }

    void add(final HeldFrame frame) {
        if (held == heap.length) {
            heap = Arrays.copyOf(heap, 2 * held);
        }
        int at = held++;
        heldBytes += frame.length;
        while (at > 0 && frame.isBefore(heap[(at - 1) / 2])) {
            heap[at] = heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        heap[at] = frame;
    }

    HeldFrame removeFirst() {
        final HeldFrame first = heap[0];
        final HeldFrame last = heap[--held];
        heap[held] = null;
        heldBytes -= first.length;
        if (held > 0) {
            sink(last);
        }
        return first;
    }

    private void sink(final HeldFrame frame) {
        int at = 0;
        int child = 1;
        while (child < held) {
            if (child + 1 < held && heap[child + 1].isBefore(heap[child])) {
                child++;
            }
            if (!heap[child].isBefore(frame)) {
                break;
            }
            heap[at] = heap[child];
            at = child;
            child = 2 * at + 1;
        }
        heap[at] = frame;
    }
}
