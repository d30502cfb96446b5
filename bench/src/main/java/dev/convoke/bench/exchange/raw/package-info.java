/** A ping-pong of bytes with nothing of the product in it: what an exchange could take at least. */
package dev.convoke.bench.exchange.raw;
