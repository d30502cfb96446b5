package dev.convoke.transport.faults;

/** Until when frames of one peer have to wait in each direction. */
final class PeerPace {
    boolean refusing;
    long refusedUntilNs;
    boolean outPaced;
    long nextOutNs;
    boolean inPaced;
    long nextInNs;
}
