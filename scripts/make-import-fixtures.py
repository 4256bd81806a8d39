#!/usr/bin/env python3
"""Writes tests/data/import/: what `noema import` is held against.

- blocks.gguf, blocks.safetensors: random blocks of every quantization that is read, and what the gguf package unpacks
  them to.
- llama.gguf: the model of tests/data/parity/llama.safetensors as llama.cpp writes it, with a tokenizer.
- gpt2.json, digits.json: small byte-level tokenizers of Hugging Face ("tokenizer", as in tokenizer.json), lines of
  varied text, and the ids of each line.

The fixtures are committed; this is run again only when more is to be read:

    python3 -m venv /tmp/venv-import
    /tmp/venv-import/bin/pip install gguf==0.19.0 tokenizers==0.23.3 numpy safetensors
    /tmp/venv-import/bin/python scripts/make-import-fixtures.py
"""

import json
import pathlib
import random

import gguf
import numpy as np
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

DATA = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data"
OUT = DATA / "import"
LAYERS, HEADS, KV_HEADS, FEED_FORWARD, MAX_POSITIONS = 2, 4, 2, 48, 64
TYPES = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"]
# Where the scales, which are halves, stand in a block: random bits could be an infinity there.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2],
          "Q6_K": [208]}


def write_blocks():
    writer = gguf.GGUFWriter(OUT / "blocks.gguf", "llama")
    generator = np.random.default_rng(1)
    expected = {}
    for name in TYPES:
        kind = gguf.GGMLQuantizationType[name]
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        rows, blocks = 3, max(1, 256 // elements)
        if name in SCALES:
            data = generator.integers(0, 256, (rows, blocks, size), np.uint8)
            for at in SCALES[name]:
                halves = generator.uniform(-1, 1, (rows, blocks, 1)).astype(np.float16)
                data[:, :, at:at + 2] = halves.view(np.uint8)
            data = data.reshape(rows, blocks * size)
        else:
            values = generator.uniform(-1, 1, (rows, 256)).astype(np.float32)
            data = gguf.quants.quantize(values, kind).view(np.uint8).reshape(rows, -1)
        expected[name] = gguf.quants.dequantize(data, kind).reshape(rows, 256).astype(np.float32)
        writer.add_tensor(name, data, raw_dtype=kind)
    finish(writer)
    save_file(expected, OUT / "blocks.safetensors")


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def side_by_side(rows, heads):
    """The order of rows in which llama.cpp turns neighbours against each other."""
    width = rows.shape[0] // heads
    return rows.reshape(heads, 2, width // 2, -1).swapaxes(1, 2).reshape(rows.shape)


def write_llama(tokenizer):
    tensors = load_file(DATA / "parity" / "llama.safetensors")
    width = tensors["embedding.weight"].shape[1]
    kv = width // HEADS * KV_HEADS
    writer = gguf.GGUFWriter(OUT / "llama.gguf", "llama")
    writer.add_block_count(LAYERS)
    writer.add_embedding_length(width)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_context_length(MAX_POSITIONS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(width // HEADS)
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    tokens = [token for token, _ in vocabulary][:tensors["embedding.weight"].shape[0]]
    tokens[-2:] = ["he", "Ċ"]  # something to merge, and the newline, without which nothing can be asked
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3] + [1] * (len(tokens) - 1))
    writer.add_token_merges(["h e"])
    writer.add_tensor("token_embd.weight", tensors["embedding.weight"])
    writer.add_tensor("output_norm.weight", tensors["final_norm.weight"])
    for i in range(LAYERS):
        ours, theirs = f"layers.{i}.", f"blk.{i}."
        q, k, v = np.split(tensors[ours + "attention.qkv.weight"], [width, width + kv])
        gate, up = np.split(tensors[ours + "feed_forward.in.weight"], 2)
        for name, tensor in {
                "attn_norm": tensors[ours + "attention_norm.weight"], "attn_q": side_by_side(q, HEADS),
                "attn_k": side_by_side(k, KV_HEADS), "attn_v": v,
                "attn_output": tensors[ours + "attention.out.weight"],
                "ffn_norm": tensors[ours + "feed_forward_norm.weight"], "ffn_gate": gate, "ffn_up": up,
                "ffn_down": tensors[ours + "feed_forward.out.weight"]}.items():
            writer.add_tensor(theirs + name + ".weight", np.ascontiguousarray(tensor))
    finish(writer)


def varied_lines(count, seed):
    """Lines of code, accents, CJK, emoji, digits and odd white space."""
    random.seed(seed)
    words = ("the of and to in is that for it's was we'll they've I'd can't don't you're I'M WE'LL token sentence "
             "embedding naïve café Straße Ångström résumé über señor façade Ελλάδα Москва привет мир שלום مرحبا "
             "中文分词 东京 日本語 한국어 ไทย हिन्दी 🙂 👩‍👩‍👧 🇩🇪 🤖🤖 ½ ² Ⅷ ٣٤ ४५ 12 007 3.14159 1,000,000 10^-9 x=y+1; "
             "for(int i=0;i<n;++i){ return foo->bar(); } #include <vector> std::map<K,V> a_b __init__ 'quoted' "
             "\"double\" ... -- — … «x» /* c */ // \\n http://a.b/c?d=e&f=%20 user@host $PATH ~/.x \u200b \ufeff").split(" ")
    spaces = [" "] * 12 + ["  ", "   ", "\t", " \t ", "\u00a0", "\u3000", "", "\v", "\u0085"]
    lines = []
    for _ in range(count):
        line = random.choice(["", "", "", " ", "\t", "   "])
        for _ in range(random.randint(1, 12)):
            line += random.choice(words) + random.choice(spaces)
        lines.append(line.replace("\n", ""))
    return lines


def write_tokenizer(name, pre_tokenizer, alphabet):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    corpus = varied_lines(400, 1) + ["\n"] * 4
    tokenizer.train_from_iterator(
        corpus, trainers.BpeTrainer(vocab_size=600, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet,
                                    show_progress=False))
    lines = varied_lines(150, 2)
    ids = [tokenizer.encode(line).ids for line in lines]
    content = {"tokenizer": json.loads(tokenizer.to_str()), "lines": lines, "ids": ids}
    (OUT / f"{name}.json").write_text(json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n")
    return tokenizer


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    write_tokenizer("gpt2", byte_level, pre_tokenizers.ByteLevel.alphabet())
    digits = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])
    # As SmolLM2's, without tokens for bytes that the corpus does not hold.
    tokenizer = write_tokenizer("digits", digits, [])
    write_blocks()
    write_llama(tokenizer)


if __name__ == "__main__":
    main()
