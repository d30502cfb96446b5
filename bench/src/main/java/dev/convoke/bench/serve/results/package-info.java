/** What was measured: histograms, the printed table, result files, the progress line. */
package dev.convoke.bench.serve.results;
