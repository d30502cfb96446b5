#!/usr/bin/env python3
"""Converts a golden checkpoint to GGUF as llama.cpp's converter would: convert.py DIRECTORY BF16|Q8_0|Q4_0 OUT.gguf

Needs the Python packages gguf, safetensors, torch and tokenizers. Norms and routers stay f32.
"""
import json
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from safetensors.torch import load_file

directory, kind, out = sys.argv[1:]
config = json.load(open(directory + "/config.json"))
weights = {name: tensor.float().numpy() for name, tensor in load_file(directory + "/model.safetensors").items()}
family = config["model_type"]
arch = {"mixtral": "llama", "olmoe": "olmoe"}[family]
heads, kv_heads = config["num_attention_heads"], config.get("num_key_value_heads") or config["num_attention_heads"]
experts = config.get("num_local_experts") or config["num_experts"]
head_dim = config.get("head_dim") or config["hidden_size"] // heads
w = gguf.GGUFWriter(out, arch)
w.add_name(directory.rstrip("/").split("/")[-1])
w.add_context_length(config["max_position_embeddings"])
w.add_embedding_length(config["hidden_size"])
w.add_block_count(config["num_hidden_layers"])
w.add_feed_forward_length(config["intermediate_size"])
w.add_head_count(heads)
w.add_head_count_kv(kv_heads)
w.add_key_length(head_dim)
w.add_value_length(head_dim)
w.add_rope_dimension_count(head_dim)
w.add_rope_freq_base((config.get("rope_parameters") or config).get("rope_theta", 1e6))
w.add_layer_norm_rms_eps(config["rms_norm_eps"])
w.add_expert_count(experts)
w.add_expert_used_count(config["num_experts_per_tok"])
w.add_vocab_size(config["vocab_size"])
if config.get("sliding_window"):
    w.add_sliding_window(config["sliding_window"])
if config.get("clip_qkv"):
    w.add_clamp_kqv(config["clip_qkv"])

tokenizer = json.load(open(directory + "/tokenizer.json"))
vocabulary = {id: token for token, id in tokenizer["model"]["vocab"].items()}
vocabulary.update({added["id"]: added["content"] for added in tokenizer["added_tokens"]})
special = {added["id"] for added in tokenizer["added_tokens"] if added["special"]}
tokens = [vocabulary.get(id, f"[unused{id}]") for id in range(config["vocab_size"])]
w.add_tokenizer_model("gpt2")
w.add_tokenizer_pre("gpt-2")
w.add_token_list(tokens)
w.add_token_types([3 if id in special else 1 if id in vocabulary else 5 for id in range(len(tokens))])
w.add_token_merges([" ".join(merge) if isinstance(merge, list) else merge for merge in tokenizer["model"]["merges"]])
w.add_bos_token_id(config["bos_token_id"])
w.add_eos_token_id(config["eos_token_id"])
settings = json.load(open(directory + "/tokenizer_config.json"))
w.add_add_bos_token(settings.get("add_bos_token", (tokenizer.get("post_processor") or {}).get("type") == "TemplateProcessing"))
if settings.get("chat_template"):
    w.add_chat_template(settings["chat_template"])


def add(name, value, plain=False):
    kind_of = Type.F32 if plain or value.ndim == 1 else Type[kind]
    w.add_tensor(name, gguf.quants.quantize(value, kind_of) if kind_of != Type.F32 else value, raw_dtype=kind_of)


def interleaved(value, count):
    """Llama's queries and keys: from halves to pairs."""
    if arch != "llama":
        return value
    return value.reshape(count, 2, value.shape[0] // count // 2, -1).swapaxes(1, 2).reshape(value.shape)


add("token_embd.weight", weights["model.embed_tokens.weight"])
add("output_norm.weight", weights["model.norm.weight"])
if not config.get("tie_word_embeddings"):
    add("output.weight", weights["lm_head.weight"])
for layer in range(config["num_hidden_layers"]):
    get = lambda name: weights[f"model.layers.{layer}.{name}.weight"]
    put = lambda name, value, plain=False: add(f"blk.{layer}.{name}.weight", value, plain)
    put("attn_norm", get("input_layernorm"))
    put("attn_q", interleaved(get("self_attn.q_proj"), heads))
    put("attn_k", interleaved(get("self_attn.k_proj"), kv_heads))
    put("attn_v", get("self_attn.v_proj"))
    put("attn_output", get("self_attn.o_proj"))
    if family == "olmoe":
        put("attn_q_norm", get("self_attn.q_norm"))
        put("attn_k_norm", get("self_attn.k_norm"))
    put("ffn_norm", get("post_attention_layernorm"))
    prefix, names = ("block_sparse_moe", ("w1", "w3", "w2")) if family == "mixtral" \
        else ("mlp", ("gate_proj", "up_proj", "down_proj"))
    put("ffn_gate_inp", get(prefix + ".gate"), True)
    for ours, theirs in zip(("gate", "up", "down"), names):
        put(f"ffn_{ours}_exps", np.stack([get(f"{prefix}.experts.{e}.{theirs}") for e in range(experts)]))
w.write_header_to_file()
w.write_kv_data_to_file()
w.write_tensors_to_file()
w.close()
