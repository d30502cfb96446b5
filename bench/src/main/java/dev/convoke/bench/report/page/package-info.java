/** Writes sections as one HTML page that needs nothing else. */
package dev.convoke.bench.report.page;
