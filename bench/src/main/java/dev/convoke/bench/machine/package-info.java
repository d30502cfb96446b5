/** The machine's own ceilings: what it reads and computes at most, by threads. */
package dev.convoke.bench.machine;
