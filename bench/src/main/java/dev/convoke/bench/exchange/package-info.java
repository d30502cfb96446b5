/**
 * Exchanges without computing, beside a plain ping-pong of the same bytes. What is measured sits in packages of its
 * own; here is how they take turns and what comes of it.
 */
package dev.convoke.bench.exchange;
