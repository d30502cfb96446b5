/** Kernels measured by JMH, and held to what the machine can do. */
package dev.convoke.bench.kernels;
