/** What a type of weights costs in quality: perplexity of texts, and how often the most likely token stays the same. */
package dev.convoke.bench.quality;
