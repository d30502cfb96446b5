/**
 * Any exchange made unreliable on purpose, repeatably: what the network may do to frames, for tests and for measuring
 * what recovery costs.
 */
package dev.convoke.transport.faults;
