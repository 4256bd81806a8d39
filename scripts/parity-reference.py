#!/usr/bin/env python3
"""Writes what Hugging Face makes of a GGUF file of the Llama family, for scripts/check-parity: lines.json (10,000 lines of
varied text and their token ids), logits.safetensors (a text and its logits), greedy.safetensors (a prompt and the 200
tokens that follow it, always the most probable)."""

import argparse
import importlib.util
import json
import pathlib
import random

import gguf
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoModelForCausalLM

LINES, WRITTEN = 10_000, 200
TEXT = ("The lighthouse keeper wrote down the weather three times a day: 06:00, 14:00 and 22:00. \"Fog again,\" he said, and "
        "lit the lamp. def area(r): return 3.14159 * r ** 2  # naïve, but enough for a café table. 東京は雨。")
PROMPT = "Here is how a steam engine works. First,"


def reference_tokenizer(file):
    """SmolLM2's: single digits, then GPT-2's byte-level pieces."""
    reader = gguf.GGUFReader(file)
    texts = {name: reader.fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "merges")}
    merges = [tuple(merge.split(" ")) for merge in texts["merges"]]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(texts["tokens"])}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return tokenizer


def lines():
    """Half made of words of many scripts, half out of the sources of Python's own library."""
    path = pathlib.Path(__file__).with_name("make-import-fixtures.py")
    spec = importlib.util.spec_from_file_location("fixtures", path)
    fixtures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fixtures)
    code = []
    for source in sorted(pathlib.Path(json.__file__).parent.parent.glob("*.py")):
        code += source.read_text(encoding="utf-8", errors="ignore").splitlines()
    code = [line for line in code if line.strip() and "\f" not in line]
    return fixtures.varied_lines(LINES // 2, 3) + random.Random(4).sample(code, LINES // 2)


def write_tokens(tokenizer, out):
    texts = lines()
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    (out / "lines.json").write_text(json.dumps({"lines": texts, "ids": ids}))


def write_model(model, tokenizer, out):
    with torch.inference_mode():
        text = torch.tensor([tokenizer.encode(TEXT).ids])
        save_file({"input_ids": text, "logits": model(text).logits}, out / "logits.safetensors")
        ids = prompt = torch.tensor([tokenizer.encode(PROMPT).ids])
        written, cache = [], None
        for _ in range(WRITTEN):
            step = model(ids, past_key_values=cache, use_cache=True)
            cache, ids = step.past_key_values, step.logits[:, -1:].argmax(-1)
            written.append(ids)
        save_file({"prompt": prompt, "written": torch.cat(written, 1)}, out / "greedy.safetensors")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    options = parser.parse_args()
    tokenizer = reference_tokenizer(options.file)
    write_tokens(tokenizer, options.out)
    model = AutoModelForCausalLM.from_pretrained(options.file.parent, gguf_file=options.file.name, dtype=torch.float32)
    write_model(model.eval(), tokenizer, options.out)


if __name__ == "__main__":
    main()
