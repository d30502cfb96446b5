package dev.convoke.transport;

/** The wrapper keeps the contract when frames take time and none is lost. */
class NetworkedInProcessExchangeTest extends InProcessExchangeTest {
    @Override
    ExchangePair open() {
        return Wrapped.overNetwork(super.open());
    }
}
