"""Prints the paper's table as a run of scripts/reproduce has it, in markdown: RUNS/SEED/ROW/eval.json, one line a row and mode.

Accuracy and validity are means over the seeds, with their standard deviation; the interval is Wilson's of all questions of
all seeds together. FLOPs (beyond the prefill) and the median time are ratios to the chain of the same seed, at batch 1. The
paper's figures are of GPT-2 on the public sets, whose questions are longer.
"""

import json
import math
import pathlib
import statistics
import sys

ROWS = ["no-chain", "semantic", "contextual-b", "contextual-c", "semantic-contextual", "joint",  # of the paper, and ours
        "no-chain-hints", "no-hints-b", "no-hints-c", "causal-hints-b", "causal-no-hints-b", "joint-no-rollouts",
        "joint-early-exit", "joint-no-readout", "few-questions-b", "adamw-no-convolution-b"]

# arXiv 2505.22202, table 1: by task, accuracy by row and mode.
PAPER = {
    "blocksworld": {
        "no-chain": {"direct": 36.8}, "semantic": {"chain": 84.3, "continuous": 30.8, "discretized": 32.9},
        "contextual-b": {"chain": 84.3, "continuous": 70.5, "discretized": 70.0},
        "contextual-c": {"continuous": 80.8, "discretized": 76.3},
        "semantic-contextual": {"continuous": 52.4, "discretized": 67.1}},
    "prosqa": {
        "no-chain": {"direct": 76.7}, "semantic": {"chain": 77.5, "continuous": 86.0, "discretized": 83.6},
        "contextual-b": {"chain": 77.5, "continuous": 92.6, "discretized": 91.4},
        "contextual-c": {"continuous": 81.6, "discretized": 79.8},
        "semantic-contextual": {"continuous": 85.4, "discretized": 83.8}},
}


def wilson(right, n, z=1.96):
    share, margin = right / n, z * math.sqrt(right / n * (1 - right / n) / n + z * z / (4 * n * n))
    return [100 * (share + z * z / (2 * n) + sign * margin) / (1 + z * z / n) for sign in (-1, 1)]


def spread(shares):
    deviation = f" ± {100 * statistics.stdev(shares):.1f}" if len(shares) > 1 else ""
    return f"{100 * statistics.mean(shares):.1f}{deviation}"


def ratio(results, chains, of):
    shares = [of(result) / of(chains[seed]) for seed, result in results.items() if seed in chains]
    return f"{statistics.mean(shares):.2f}" if shares else "–"


runs = pathlib.Path(sys.argv[1])
task = runs.name.split("-")[0]
found, chains = {}, {}  # (row, mode) -> seed -> result
for path in sorted(runs.glob("*/*/eval.json"), key=lambda path: (ROWS.index(path.parts[-2]), path)):
    seed, row = path.parts[-3], path.parts[-2]
    for result in json.loads(path.read_text())["results"]:
        found.setdefault((row, result["mode"]), {})[seed] = result
        if result["mode"] == "chain":
            chains.setdefault(seed, result)

print("| row | mode | seeds | n | accuracy | 95% interval | valid steps | stop decisions | FLOPs | time | paper |")
print("|---|---|---|---|---|---|---|---|---|---|---|")
for (row, mode), results in found.items():
    n = sum(result["n"] for result in results.values())
    low, high = wilson(sum(result["n"] * result["accuracy"] for result in results.values()), n)
    given = {key: [r[key] for r in results.values() if r.get(key) is not None] for key in ("validity", "stop_accuracy")}
    cells = [row, mode, len(results), n, spread([result["accuracy"] for result in results.values()]),
             f"{low:.1f}–{high:.1f}", *(spread(shares) if shares else "–" for shares in given.values()),
             ratio(results, chains, lambda result: result["gflops_without_prefill"]),
             ratio(results, chains, lambda result: result["latency_ms"]["p50"]),
             PAPER[task].get(row, {}).get(mode, "–")]
    print("| " + " | ".join(map(str, cells)) + " |")
