/**
 * {@link dev.convoke.tensor.KernelBackend} on an NVIDIA GPU. The kernels are CUDA C++ under {@code src/main/cuda},
 * shipped as one binary for several architectures; this package finds the GPU, owns its memory and launches them.
 */
package dev.convoke.tensorcuda;
