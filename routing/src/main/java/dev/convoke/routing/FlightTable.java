package dev.convoke.routing;

/** The exchanges that were dispatched and not yet awaited: a few at a time. */
final class FlightTable {
    private static final int MOST = 16;

    private final ExchangeHandle[] handles = new ExchangeHandle[MOST];
    private int size;

    void add(final ExchangeHandle handle) {
        for (int i = 0; i < size; i++) {
            if (handles[i] == handle) {
                throw new IllegalStateException("the handle is in flight; await it before dispatching with it again");
            }
        }
        if (size == MOST) {
            throw new IllegalStateException("more than " + MOST + " exchanges in flight; await some");
        }
        handles[size++] = handle;
    }

    void remove(final ExchangeHandle handle) {
        for (int i = 0; i < size; i++) {
            if (handles[i] == handle) {
                handles[i] = handles[--size];
                handles[size] = null;
                return;
            }
        }
        throw new IllegalStateException("the handle was not dispatched");
    }

    /** The exchange of that id, or null. */
    ExchangeHandle find(final long exchangeId) {
        for (int i = 0; i < size; i++) {
            if (handles[i].exchangeId() == exchangeId) {
                return handles[i];
            }
        }
        return null;
    }

    int size() {
        return size;
    }

    ExchangeHandle get(final int index) {
        return handles[index];
    }
}
