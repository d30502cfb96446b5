/** The {@code bench} commands: puts the measurements together. */
package dev.convoke.bench.cli;
