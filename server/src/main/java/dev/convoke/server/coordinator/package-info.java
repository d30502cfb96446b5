/**
 * The coordinator: a deterministic state machine that takes commands and gives events, the log it is recovered from,
 * and the agent that carries messages between it, expert hosts and decoders.
 */
package dev.convoke.server.coordinator;
