package dev.convoke.tensorcuda;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;

/**
 * Memory of the GPU for weights: taken from the driver in large pieces, handed out in parts, up to a budget. A piece
 * goes back when its last part does. Any thread.
 */
final class DeviceArena {
    /** Every part starts at a multiple of this. */
    static final long ALIGNMENT = 1024;
    /** What is taken from the driver at once, unless a part is larger. */
    static final long PIECE_BYTES = 64L << 20;

    private final LongUnaryOperator allocate;
    private final LongConsumer free;
    private final List<Piece> pieces = new ArrayList<>();
    private long budgetBytes = Long.MAX_VALUE;
    private long takenBytes;

    /**
     * Takes nothing yet.
     *
     * @param allocate gives the address of so many bytes, or 0
     * @param free     takes an address back
     */
    DeviceArena(final LongUnaryOperator allocate, final LongConsumer free) {
        this.allocate = allocate;
        this.free = free;
    }

    /** The most it takes from the driver. */
    synchronized void limit(final long bytes) {
        budgetBytes = bytes;
    }

    /** Taken from the driver. */
    synchronized long takenBytes() {
        return takenBytes;
    }

    /** The address of a part, of unknown content; 0 if the budget or the GPU has no more. */
    synchronized long allocate(final long bytes) {
        final long size = aligned(bytes);
        for (int i = pieces.size() - 1; i >= 0; i--) {
            final Piece piece = pieces.get(i);
            if (piece.usedBytes + size <= piece.bytes) {
                return piece.take(size);
            }
        }
        final long pieceBytes = Math.max(size, Math.min(PIECE_BYTES, budgetBytes - takenBytes));
        if (pieceBytes > budgetBytes - takenBytes) {
            return 0;
        }
        final long address = allocate.applyAsLong(pieceBytes);
        if (address == 0) {
            return 0;
        }
        takenBytes += pieceBytes;
        pieces.add(new Piece(address, pieceBytes));
        return pieces.getLast().take(size);
    }

    /** Takes a part back. */
    synchronized void free(final long address) {
        for (int i = 0; i < pieces.size(); i++) {
            final Piece piece = pieces.get(i);
            if (address >= piece.address && address < piece.address + piece.bytes) {
                piece.parts--;
                if (piece.parts == 0) {
                    pieces.remove(i);
                    takenBytes -= piece.bytes;
                    free.accept(piece.address);
                }
                return;
            }
        }
        throw new IllegalArgumentException("address " + address);
    }

    /** A part's size, rounded up so that the next one starts right. */
    static long aligned(final long bytes) {
        return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    }

    /** Filled from its beginning; what is taken back is not handed out again before all of it is. */
    private static final class Piece {
        private final long address;
        private final long bytes;
        private long usedBytes;
        private int parts;

        Piece(final long address, final long bytes) {
            this.address = address;
            this.bytes = bytes;
        }

        long take(final long size) {
            final long part = address + usedBytes;
            usedBytes += size;
            parts++;
            return part;
        }
    }
}
