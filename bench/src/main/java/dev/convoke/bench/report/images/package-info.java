/** Writes drawings as images. */
package dev.convoke.bench.report.images;
