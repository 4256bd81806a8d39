// Evaluations, probes, what the dumps add up to, and where all of it comes from.

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The interval of a share of `hits` among `n` that holds with 95% probability (Wilson's score interval). */
function wilson(hits, n) {
  const z = 1.959963984540054;
  const share = hits / n;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

const range = ([low, high]) => `${(100 * low).toFixed(1)}–${percent(high)}`;

function modeCell(mode, label) {
  return element("span", { class: "mode-name" }, swatch(mode), label);
}

// --- summary of the dumps ---

function trackRow(track) {
  const done = questions.filter((q) => q.byTrack.has(track.index)).map((q) => q.byTrack.get(track.index));
  const judged = done.filter((t) => t.right !== null);
  const hits = judged.filter((t) => t.right).length;
  const average = (key) => mean(done.map((t) => t.cost[key]));
  const share = judged.length > 0 ? hits / judged.length : null;
  return [modeCell(track.mode, track.label), done.length, judged.length > 0 ? hits : null, share,
    judged.length > 0 ? range(wilson(hits, judged.length)) : "–", mean(done.map((t) => t.steps.length)),
    average("passes"), average("tokens"), average("gflops") || null, average("ms")];
}

function buildSummary() {
  if (tracks.length === 0) return;
  const columns = [{ name: "mode", text: true }, { name: "questions" }, { name: "right" },
    { name: "accuracy", unit: "share" }, { name: "95% interval", text: true }, { name: "steps" }, { name: "passes" },
    { name: "tokens" }, { name: "GFLOPs" }, { name: "time", unit: "ms" }];
  const apart = questions.filter((question) => question.disagrees).length;
  const notes = ["Over the questions of this page; steps and costs are means."];
  if (tracks.length > 1) notes.push(`On ${plural(apart, "question")} the modes disagree.`);
  if (packed.left_out > 0) notes.push(`${plural(packed.left_out, "further question")} of these runs had no room here.`);
  openSection("summary", "Summary", table("How each mode did", columns, tracks.map(trackRow)),
    element("p", { class: "muted small" }, notes.join(" ")));
}

// --- evaluations ---

/** A mode's name, with what was done to the model where anything was, and the model where there are several. */
function resultName(evaluation, result) {
  const parts = [result.mode];
  if (evaluation.ablation && evaluation.ablation !== "none") parts.push(evaluation.ablation);
  const models = new Set(packed.evaluations.map((one) => one.model));
  if (models.size > 1) parts.push(evaluation.model || shortName(evaluation.run));
  return parts.join(", ");
}

function evaluated() {
  const all = packed.evaluations.flatMap((evaluation) => evaluation.results.map((result) =>
    ({ ...result, evaluation, name: resultName(evaluation, result) })));
  // Names that stand for several results take their run's name too.
  return all.map((one) => (all.filter((other) => other.name === one.name).length > 1
    ? { ...one, name: `${one.name}, ${shortName(one.evaluation.run)}` } : one));
}

const slashed = (values) => values.map(amount).join(" / ");

function evaluationTable(results) {
  const columns = [{ name: "mode", text: true }, { name: "n" }, { name: "accuracy", unit: "share" },
    { name: "95% interval", text: true }, { name: "valid steps", unit: "share" }, { name: "stop decisions", unit: "share" },
    { name: "steps" }, { name: "passes" }, { name: "tokens" }, { name: "p50 / p95 / p99", unit: "ms", text: true },
    { name: "prefill / reason / decode", unit: "ms", text: true }, { name: "GFLOPs" }, { name: "− prefill" }];
  const parts = ["prefill", "reasoning", "decoding"];
  const rows = results.map(({ latency_ms: ms, ...r }) => [modeCell(r.mode, r.name), r.n, r.accuracy, range(r.ci95),
    r.validity, r.stop_accuracy, r.steps, r.passes, r.tokens, slashed([ms.p50, ms.p95, ms.p99]),
    slashed(parts.map((part) => (ms[part] ? ms[part].p50 : null))), r.gflops, r.gflops_without_prefill]);
  return table("Evaluations", columns, rows);
}

function costChart(results, title, axis, valueOf) {
  const row = (r) => [r.name, valueOf(r), r.accuracy, r.ci95[0], r.ci95[1]];
  return chart({
    title, note: "Whiskers are 95% intervals.", x: axis, y: { label: "accuracy", unit: "share" }, isLine: false,
    series: results.map((r) => ({ name: r.name, look: r.mode === r.name ? r.mode : null,
      points: [{ x: valueOf(r), y: r.accuracy, low: r.ci95[0], high: r.ci95[1] }] })),
    columns: [{ name: "mode", text: true }, { name: axis.label, unit: axis.unit }, { name: "accuracy", unit: "share" },
      { name: "from", unit: "share" }, { name: "to", unit: "share" }],
    rows: results.map(row),
  });
}

function buildResults() {
  const results = evaluated();
  if (results.length === 0) return;
  const charts = [
    costChart(results, "Accuracy against steps",
      { label: "steps a question", unit: "", fromZero: true }, (r) => r.steps),
    costChart(results, "Accuracy against arithmetic",
      { label: "arithmetic a question", unit: "GFLOPs", mayBeLog: true, fromZero: true }, (r) => r.gflops),
    costChart(results, "Accuracy against latency",
      { label: "time a question, median", unit: "ms", mayBeLog: true, fromZero: true }, (r) => r.latency_ms.p50),
  ];
  openSection("results", "Accuracy and cost", evaluationTable(results),
    element("div", { class: "figures-grid" }, charts.filter((one) => one)));
}

// --- probes ---

const capitalized = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** The lines of a probe's chart: rows grouped by the values of the series columns, in order of x. */
function probeSeries(probe, wanted) {
  const groups = new Map();
  for (const row of probe.rows) {
    const name = wanted.series.map((column) => inUnit(row[column], probe.columns[column].unit)).join(", ");
    const ends = [wanted.low, wanted.high].map((column) => (column === null ? null : row[column]));
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push({ x: row[wanted.x], y: row[wanted.y], low: ends[0], high: ends[1] });
  }
  return [...groups].map(([name, points]) => ({ name,
    points: points.every((point) => isNumber(point.x)) ? points.sort((a, b) => a.x - b.x) : points }));
}

/** The columns that a chart shows, in the order of its table. */
const shownColumns = (wanted) =>
  [...new Set([...wanted.series, wanted.x, wanted.y, wanted.low, wanted.high])].filter((column) => column !== null);

function probeChart(probe, wanted) {
  const [x, y] = [probe.columns[wanted.x], probe.columns[wanted.y]];
  const used = shownColumns(wanted);
  return chart({
    title: `${capitalized(y.name)} against ${x.name}`,
    note: wanted.low === null || wanted.high === null ? null : "Bands and whiskers are the intervals of the table.",
    x: { label: x.name, unit: x.unit }, y: { label: y.name, unit: y.unit }, isLine: true,
    series: probeSeries(probe, wanted), columns: used.map((i) => probe.columns[i]),
    rows: probe.rows.map((row) => used.map((i) => row[i])),
  });
}

/** The table of all columns, unless a chart's own table says as much. */
function wholeTable(probe, hasCharts) {
  const whole = table(`Probe ${probe.probe}`, probe.columns, probe.rows);
  if (!hasCharts) return whole;
  if (probe.charts.some((wanted) => shownColumns(wanted).length === probe.columns.length)) return null;
  return element("details", {}, element("summary", {}, "All columns"), whole);
}

function probePart(probe) {
  const charts = probe.charts.map((wanted) => probeChart(probe, wanted)).filter((one) => one);
  return element("div", { class: charts.length === 1 ? "probe" : "probe wide" },
    element("h3", { class: "probe-name" }, capitalized(probe.probe)),
    probe.conclusion ? element("p", { class: "conclusion" }, probe.conclusion) : null,
    charts.length > 0 ? element("div", { class: "figures-grid" }, charts) : null,
    wholeTable(probe, charts.length > 0));
}

function buildProbes() {
  if (packed.probes.length === 0) return;
  openSection("probes", "Probes", ...packed.probes.map(probePart));
}

// --- provenance ---

const provenanceNames = [["command", "command"], ["model", "model"], ["model_sha256", "model sha256"],
  ["recipe", "recipe"], ["commit", "commit"], ["data", "data"], ["data_sha256", "data sha256"], ["seed", "seed"]];

/** A command breaks between its words, not at its dashes. */
const commandWords = (command) => command.split(" ").flatMap((word) => [element("span", { class: "word" }, word), " "]);

function provenanceEntry(key, label, value) {
  const isHash = key.endsWith("sha256");
  return [element("dt", {}, label),
    element("dd", { class: isHash ? "code hash" : "code", title: isHash ? value : null },
      key === "command" ? commandWords(value) : value)];
}

const provenanceList = (run, names) => element("dl", {},
  names.flatMap(([key, label]) => provenanceEntry(key, label, run[key])));

function runCard(run, shared) {
  const own = provenanceNames.filter((name) => run.run[name[0]] && !shared.includes(name));
  return element("div", { class: "run" },
    element("h3", {}, element("span", { class: "tag" }, run.kind), element("span", { class: "run-name" }, run.name)),
    own.length > 0 ? provenanceList(run.run, own) : null,
    own.length === 0 && shared.length === 0
      ? element("p", { class: "muted small" }, "The run does not say how it was made.") : null);
}

/** What is the same for all runs is said once, so that what is not stands out. */
function buildRuns() {
  const first = runs[0].run;
  const shared = runs.length < 2 ? [] : provenanceNames.filter(([key]) =>
    first[key] && runs.every((run) => run.run[key] === first[key]));
  openSection("runs", "Runs",
    ...(shared.length === 0 ? [] : [element("div", { class: "run shared" },
      element("h3", {}, "The same for all runs"), provenanceList(first, shared))]),
    element("div", { class: "run-grid" }, runs.map((run) => runCard(run, shared))));
}
