/** Checkpoints of a model's shape with random weights, for measuring what does not fit or is not at hand. */
package dev.convoke.bench.synthetic;
