/** When requests are due, computed ahead of the run from a seed. */
package dev.convoke.bench.serve.arrivals;
