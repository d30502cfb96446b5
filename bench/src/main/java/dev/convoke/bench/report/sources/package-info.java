/** Reads the files that runs leave behind. */
package dev.convoke.bench.report.sources;
