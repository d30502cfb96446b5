/** Choosing experts: time of a row, beside the least it can take. */
package dev.convoke.bench.gate;
