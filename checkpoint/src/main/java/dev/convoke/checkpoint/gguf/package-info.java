/** GGUF files, as llama.cpp writes them: metadata, tokenizer and quantised tensors in one file or several. */
package dev.convoke.checkpoint.gguf;
