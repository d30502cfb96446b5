/** The specification: every kernel as plain loops, in the order {@code docs/numerics.md} writes down. */
package dev.convoke.tensor.scalar;
