/** Trials of a whole deployment: hosts killed, stopped, slowed and cut off while clients stream; what they notice. */
package dev.convoke.bench.resilience;
