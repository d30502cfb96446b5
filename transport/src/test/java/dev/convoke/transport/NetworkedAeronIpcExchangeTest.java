package dev.convoke.transport;

/** The wrapper keeps the contract when frames take time and none is lost. */
class NetworkedAeronIpcExchangeTest extends AeronIpcExchangeTest {
    @Override
    ExchangePair open() {
        return Wrapped.overNetwork(super.open());
    }
}
