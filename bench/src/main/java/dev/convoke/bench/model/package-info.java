/** Prefill and decode of a checkpoint by a decoder of the benchmark's own, held to what the machine can do. */
package dev.convoke.bench.model;
