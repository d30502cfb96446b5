/**
 * What a type of weights, or a capacity of experts, costs in quality: perplexity of texts, and how often the likeliest
 * token stays the same.
 */
package dev.convoke.bench.quality;
