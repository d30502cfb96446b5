/** What is read from disk: model configuration, tensors, generation defaults and the tokenizer. */
package dev.convoke.checkpoint;
