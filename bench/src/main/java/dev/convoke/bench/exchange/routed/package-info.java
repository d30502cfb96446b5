/** The product's own exchange: routing service, frames, ports and expert hosts, but no arithmetic. */
package dev.convoke.bench.exchange.routed;
