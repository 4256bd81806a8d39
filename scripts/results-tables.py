"""Fills the tables of the documents from run files, so that a page and its runs cannot differ.

    scripts/results-tables.py              fills every table
    scripts/results-tables.py --check      fails, and names the page, where a table differs from its runs
    scripts/results-tables.py --evaluate   measures the models that ship, writes docs/results/runs/, then fills

A table stands between `<!-- table: NAME -->` and `<!-- end -->`. NAME is that of a run file, docs/results/runs/NAME.json, or
"summary", a row a model. Run files are what `noema eval --json` writes, without paths of the machine it ran on.
--evaluate wants the public files as data/prosqa/valid.json and data/blocksworld7/valid.json; NOEMA is the program
(scripts/noema).
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RUNS = ROOT / "docs" / "results" / "runs"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "results").glob("*.md"))]
MODES = ["direct", "chain", "continuous", "discretized", "hybrid"]
DATA = {"stories": "docs/results/questions/stories.json", "prosqa": "data/prosqa/valid.json", "blocksworld": "data/blocksworld7/valid.json"}
TITLES = {"stories": "Stories", "prosqa": "ProsQA", "blocksworld": "Blocksworld"}
MARKED = re.compile(r"(<!-- table: ([\w-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def percent(share):
    return "–" if share is None else f"{100 * share:.1f}"


def interval(result):
    low, high = result["ci95"]
    return f"{percent(low)}–{percent(high)}"


def markdown(columns, rows):
    """Columns in which no row has a value are left out."""
    kept = [i for i in range(len(columns)) if any(row[i] not in ("–", "") for row in rows)]
    lines = ["| " + " | ".join(str(line[i]) for i in kept) + " |\n" for line in [columns, *rows]]
    return lines[0] + "|---" * len(kept) + "|\n" + "".join(lines[1:])


def ratio(result, chain, key):
    return f"{result[key] / chain[key]:.2f}" if chain and key in result else "–"


def where_rule_fails(result, rule):
    found = [where for where in result.get("where_rules_fail") or [] if where["rule"] == rule]
    return percent(found[0]["accuracy"]) if found else "–"


def run_table(run):
    chain = next((result for result in run["results"] if result["mode"] == "chain"), None)
    floors = run.get("floors") or []
    rules = {where["rule"]: where["n"] for result in run["results"] for where in result.get("where_rules_fail") or []
             if where["rule"] != "majority answer"}  # which fails nearly everywhere
    columns = ["mode", "n", "answers", "95% interval", "steps valid", "stop decisions", "familiar", "GFLOPs",
               "of the chain's", "without the prompt", *(f"where \"{rule}\" fails ({n})" for rule, n in rules.items())]
    rows = [[result["mode"], result["n"], percent(result["accuracy"]), interval(result),
             percent(result.get("validity")), percent(result.get("stop_accuracy")), percent(result.get("coverage")),
             f"{result['gflops']:.3f}", ratio(result, chain, "gflops"), ratio(result, chain, "gflops_without_prefill"),
             *(where_rule_fails(result, rule) for rule in rules)] for result in run["results"]]
    rows += [[f"floor: {floor['rule']}", floor["n"], percent(floor["accuracy"]), *["–"] * (len(columns) - 3)]
             for floor in floors]
    return markdown(columns, rows)


def floor(run, by_mode):
    """The best share of a rule without reasoning, or of answering at once where that is better."""
    return max([by_mode["direct"]["accuracy"], *(floor["accuracy"] for floor in run["floors"])])


def summary_table():
    rows = []
    for name, title in TITLES.items():
        run = load(name)
        by_mode = {result["mode"]: result for result in run["results"]}
        chain, continuous = by_mode["chain"], by_mode["continuous"]
        rows.append([title, continuous["n"], percent(floor(run, by_mode)), percent(chain["accuracy"]), percent(continuous["accuracy"]),
                     percent(by_mode["discretized"]["accuracy"]), percent(chain["validity"]),
                     percent(continuous["validity"]), ratio(continuous, chain, "gflops"),
                     ratio(continuous, chain, "gflops_without_prefill")])
    return markdown(["model", "questions", "floor", "chain", "continuous", "discretized", "chain: steps valid",
                     "continuous: steps valid", "FLOPs, continuous to chain", "without the prompt"], rows)


def load(name):
    return json.loads((RUNS / f"{name}.json").read_text())


def filled(text):
    def table(found):
        name = found.group(2)
        return found.group(1) + (summary_table() if name == "summary" else run_table(load(name))) + found.group(4)
    return MARKED.sub(table, text)


def without_paths(run, name):
    """The run as it is committed: times depend on the machine, paths name it."""
    modes = " ".join(f"--mode {result['mode']}" for result in run["results"])
    run["run"]["command"] = (f"noema eval {name} --data {DATA[name]} --read-steps --precision fp32 {modes} --floors "
                             f"--json {name}.json")
    run["model"], run["data"] = name, DATA[name]
    run.pop("peak_memory_mb", None)
    for result in run["results"]:
        result.pop("latency_ms", None)
    return run


def evaluate():
    program = os.environ.get("NOEMA", str(ROOT / "scripts" / "noema"))
    with tempfile.TemporaryDirectory() as folder:
        for name, data in DATA.items():
            out = pathlib.Path(folder) / "run.json"
            asked = [argument for mode in MODES for argument in ("--mode", mode)]
            subprocess.run([program, "eval", name, "--data", ROOT / data, "--read-steps", "--precision", "fp32", *asked,
                            "--floors", "--json", out], check=True)
            run = without_paths(json.loads(out.read_text()), name)
            RUNS.mkdir(parents=True, exist_ok=True)
            (RUNS / f"{name}.json").write_text(json.dumps(run, indent=1, sort_keys=True) + "\n")


def main():
    if "--evaluate" in sys.argv[1:]:
        evaluate()
    differing = []
    for page in PAGES:
        text = page.read_text()
        if (wanted := filled(text)) == text:
            continue
        differing.append(str(page.relative_to(ROOT)))
        if "--check" not in sys.argv[1:]:
            page.write_text(wanted)
    if "--check" in sys.argv[1:] and differing:
        sys.exit(f"results-tables: tables differ from docs/results/runs/ in {', '.join(differing)}; "
                 "make them again: python3 scripts/results-tables.py")


if __name__ == "__main__":
    main()
