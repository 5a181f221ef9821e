#!/usr/bin/env python3
"""A model for llama.cpp of a few thousand random weights, which says nothing sensible, but what a grammar wants.
Usage: tiny_model.py FILE. Exit code 77: python3 has no gguf (Debian sid: python3-gguf)."""
import sys

try:
    import gguf
    import numpy as np
except ImportError as why:
    print(f"tiny_model: skipped: {why}", file=sys.stderr)
    sys.exit(77)

WIDTH, HIDDEN, HEADS, CONTEXT = 32, 64, 4, 8192
TOKENS = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
KINDS = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL] + [gguf.TokenType.BYTE] * 256
TEMPLATE = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant:"

random = np.random.default_rng(1)
file = gguf.GGUFWriter(sys.argv[1], "llama")
file.add_context_length(CONTEXT)
file.add_embedding_length(WIDTH)
file.add_block_count(1)
file.add_feed_forward_length(HIDDEN)
file.add_head_count(HEADS)
file.add_head_count_kv(HEADS)
file.add_layer_norm_rms_eps(1e-5)
file.add_rope_dimension_count(WIDTH // HEADS)
file.add_vocab_size(len(TOKENS))
file.add_tokenizer_model("llama")
file.add_token_list(TOKENS)
file.add_token_scores([0.0] * len(TOKENS))
file.add_token_types(KINDS)
file.add_bos_token_id(1)
file.add_eos_token_id(2)
file.add_unk_token_id(0)
file.add_chat_template(TEMPLATE)


def add(name, *shape):
    weights = np.ones(shape) if len(shape) == 1 else random.normal(0, 0.5, shape)
    file.add_tensor(name, weights.astype(np.float32))


add("token_embd.weight", len(TOKENS), WIDTH)
add("output.weight", len(TOKENS), WIDTH)
add("output_norm.weight", WIDTH)
add("blk.0.attn_norm.weight", WIDTH)
for part in ("q", "k", "v", "output"):
    add(f"blk.0.attn_{part}.weight", WIDTH, WIDTH)
add("blk.0.ffn_norm.weight", WIDTH)
add("blk.0.ffn_gate.weight", HIDDEN, WIDTH)
add("blk.0.ffn_up.weight", HIDDEN, WIDTH)
add("blk.0.ffn_down.weight", WIDTH, HIDDEN)
file.write_header_to_file()
file.write_kv_data_to_file()
file.write_tensors_to_file()
file.close()
