/** Draws what runs have, and puts drawings and tables in sections. */
package dev.convoke.bench.report.figures;
