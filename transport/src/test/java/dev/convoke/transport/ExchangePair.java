package dev.convoke.transport;

/** The exchanges of two processes: expert hosts bind in one, decoders connect in the other; may be the same. */
record ExchangePair(ExpertExchange hosts, ExpertExchange decoders) implements AutoCloseable {
    @Override
    public void close() {
        hosts.close();
        decoders.close();
    }
}
