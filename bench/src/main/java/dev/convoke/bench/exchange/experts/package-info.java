/** One layer's experts with random weights: their grouped FFN alone, and exchanges with hosts that compute it. */
package dev.convoke.bench.exchange.experts;
