/**
 * The load generator: sends requests to an OpenAI-compatible server when they are due and keeps every stamp.
 * A request's latency counts from the time at which it was intended to be sent.
 */
package dev.convoke.bench.serve;
