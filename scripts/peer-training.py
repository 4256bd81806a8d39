#!/usr/bin/env python3
"""Times training for scripts/compare-peers: the chain stage of ProsQA's recipe (without hints), by noema or by PyTorch in
eager mode; the same model, loss, batch and optimizer (AdamW, fused), and questions of the same generator. Writes
{"step": [ms, …]} to standard output, milliseconds for a thousand useful tokens: those of questions and steps, without
padding."""

import argparse
import json
import pathlib
import random
import subprocess
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECIPE = ROOT / "recipes" / "prosqa.toml"
TOKENIZER = ROOT / "models" / "prosqa" / "tokenizer.model"
QUESTIONS = 2400
STRETCH = 50  # steps, as many as noema reports together: one stretch warms up, one is timed
WINDOW = 16  # batches whose questions are sorted by length together, where batches are cut by length


def train(options, folder):
    """The chain stage for two stretches, and no other. Reports leave out the time of validation."""
    changes = {"chain.optimizer": '"adamw"', "chain.hint_weight": 0, "chain.steps": 2 * STRETCH,
               "data.exclude": "[]", "data.valid_count": 24}
    changes |= {f"{stage}.steps": 0 for stage in ("semantic", "contextual", "concept", "stop")}
    sets = [argument for key, value in changes.items() for argument in ("--set", f"{key}={value}")]
    bf16 = "on" if options.dtype == "bfloat16" else "off"
    subprocess.run([ROOT / "scripts" / "noema", "train", RECIPE, *sets, "--bf16", bf16, "--run", folder, "--out",
                    folder / "bundle"], check=True, stderr=subprocess.DEVNULL)


def noema(options):
    with tempfile.TemporaryDirectory() as folder:
        train(options, pathlib.Path(folder))
        lines = map(json.loads, (pathlib.Path(folder) / "metrics.jsonl").open())
        return {"step": [1e6 / line["tokens_per_second"] for line in lines if line["event"] == "step"][1:]}


def read_texts():
    """Of each question the tokens of the text and how many of them are the question's."""
    import sentencepiece

    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(TOKENIZER))
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "questions.json"
        subprocess.run([ROOT / "scripts" / "noema", "data", "prosqa", "--count", str(QUESTIONS), "--seed", "7", "--out",
                        file], check=True, stderr=subprocess.DEVNULL)
        questions = json.loads(file.read_text())
    line = lambda text: tokenizer.encode(text + "\n")
    texts = []
    for question in questions:
        tokens = line(question["question"])
        reasoning = [*question["steps"], "### " + question["answer"]]
        texts.append((tokens + [token for step in reasoning for token in line(step)], len(tokens)))
    return texts


def make_batches(size, by_length):
    from eager_llama import Batch

    texts = read_texts()
    if by_length:
        for begin in range(0, len(texts), size * WINDOW):
            window = slice(begin, begin + size * WINDOW)
            texts[window] = sorted(texts[window], key=lambda text: len(text[0]))
    batches = [Batch(texts[i:i + size]) for i in range(0, len(texts), size)]
    random.Random(1).shuffle(batches)
    return batches


def pytorch(options):
    import torch
    from torch.nn import functional

    import eager_llama

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    recipe = tomllib.loads(RECIPE.read_text())
    batches = make_batches(recipe["chain"]["batch"], options.by_length)
    model = eager_llama.Model(recipe["model"], recipe["tokenizer"]["vocab_size"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)

    def step(batch):
        with torch.autocast("cpu", torch.bfloat16, enabled=options.dtype == "bfloat16"):
            loss = functional.cross_entropy(model(batch), batch.targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    for batch in batches[:STRETCH]:
        step(batch)
    start = time.perf_counter()
    timed = batches[STRETCH:2 * STRETCH]
    for batch in timed:
        step(batch)
    return {"step": [1e6 * (time.perf_counter() - start) / sum(batch.tokens for batch in timed)]}


def main():
    programs = {"noema": noema, "pytorch": pytorch}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", choices=programs)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--by-length", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    print(json.dumps(programs[options.program](options)))


if __name__ == "__main__":
    main()
