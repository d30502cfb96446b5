package dev.convoke.transport;

/** The wrapper keeps the contract while nothing is to go wrong. */
class WrappedInProcessExchangeTest extends InProcessExchangeTest {
    @Override
    ExchangePair open() {
        return Wrapped.withoutFaults(super.open());
    }
}
