package dev.convoke.transport;

import dev.convoke.transport.inprocess.InProcessExchangeProvider;

class InProcessExchangeTest extends ExpertExchangeContract {
    @Override
    ExchangePair open() {
        final ExchangeContext context = context();
        context.conclude();
        final ExpertExchange exchange = new InProcessExchangeProvider().open(context);
        return new ExchangePair(exchange, exchange);
    }

    @Override
    String address(final int index) {
        return "host-" + index;
    }
}
