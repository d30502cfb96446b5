/**
 * Off-heap tensors and the {@link dev.convoke.tensor.KernelBackend} contract. What every backend computes, bit for
 * bit, is written in {@code docs/numerics.md}; {@code scalar} is its executable form.
 */
package dev.convoke.tensor;
