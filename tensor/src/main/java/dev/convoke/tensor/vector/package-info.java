/**
 * Kernels on the JDK's Vector API: lanes lie across outputs, keys or dimensions, never along a sum, so the bits do not
 * depend on the width. No float {@code reduceLanes} and no transcendental {@code lanewise}: their bits change when the
 * code is compiled.
 */
package dev.convoke.tensor.vector;
