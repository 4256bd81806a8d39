"""Prints the table of scripts/check-gpu, in markdown, from FOLDER/eval-ROUND-BATCH-DEVICE.json: milliseconds a question (the
median over the rounds of a round's median question) and answers that are right, by batch and mode."""

import json
import pathlib
import statistics
import sys

found = {}  # (batch, mode) -> device -> results
for path in sorted(pathlib.Path(sys.argv[1]).glob("eval-*.json")):
    _, _, batch, device = path.stem.split("-")
    for result in json.loads(path.read_text())["results"]:
        found.setdefault((int(batch), result["mode"]), {}).setdefault(device, []).append(result)

print("| batch | mode | processor, ms | GPU, ms | processor / GPU | right on the processor | right on the GPU |")
print("|---|---|---|---|---|---|---|")
for (batch, mode), devices in sorted(found.items()):
    times = {device: [result["latency_ms"]["p50"] for result in results] for device, results in devices.items()}
    ratios = sorted(cpu / gpu for cpu, gpu in zip(times["cpu"], times["cuda"]))
    right = {device: f"{100 * results[0]['accuracy']:.1f}%" for device, results in devices.items()}
    print(f"| {batch} | {mode} | {statistics.median(times['cpu']):.2f} | {statistics.median(times['cuda']):.2f} | "
          f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f}) | {right['cpu']} | {right['cuda']} |")
