/** What is asked: prompts and answer lengths, random or from files. */
package dev.convoke.bench.serve.datasets;
