package dev.convoke.tensorcuda;

/**
 * An entry point of the binary and how it is launched.
 *
 * @param name        as the binary exports it
 * @param parameters  how many it takes
 * @param function    the driver's handle
 * @param block       threads of a block
 * @param sharedBytes dynamic shared memory of a block
 */
record Kernel(String name, int parameters, long function, int block, int sharedBytes) {
}
