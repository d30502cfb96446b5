package dev.convoke.server;

import dev.convoke.core.DType;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which model a process works on, and what it computes with.
 *
 * @param directory of the checkpoint
 * @param dtype     operand type; empty takes the checkpoint's own
 * @param backend   of kernels, by name, or {@code auto}
 * @param threads   that share a kernel's work, at least 1
 */
public record ModelSettings(Path directory, Optional<DType> dtype, String backend, int threads) {
}
