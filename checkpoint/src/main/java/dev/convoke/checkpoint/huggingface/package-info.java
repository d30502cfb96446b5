/** Model directories in Hugging Face layout: config.json, safetensors, generation_config.json and tokenizer.json. */
package dev.convoke.checkpoint.huggingface;
