/**
 * Kernels on the JDK's Vector API. Lanes lie across outputs, keys or dimensions, never along a sum, so the bits do not
 * depend on the width. Three rules of this package:
 * <ul>
 *   <li>no float {@code reduceLanes} and no transcendental {@code lanewise}: their bits change when code is compiled;
 *   <li>no method takes or returns a vector: were it not inlined, every call would allocate. Stages of a kernel meet in
 *       arrays of floats;
 *   <li>a loop calls the Vector API itself, whose methods are always inlined, and not through methods of ours.
 * </ul>
 */
package dev.convoke.tensor.vector;
