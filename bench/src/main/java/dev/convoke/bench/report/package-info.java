/**
 * Makes a page of what runs leave behind. Files become {@link dev.convoke.bench.report.Run}s, runs become sections of
 * tables and drawings, and these are written as a page, as images or as Markdown: each figure is made once.
 */
package dev.convoke.bench.report;
