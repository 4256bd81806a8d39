// Layers down, steps across: what each layer's state decodes to, and whether that is the sentence decoded in the end.

function cellClass(cell, layer, settled) {
  const strength = Math.min(4, Math.max(0, Math.floor(cell.probability * 5)));
  const names = ["lens-cell", cell.agrees ? "agrees" : "differs", `strength-${strength}`];
  if (layer === settled) names.push("settled");
  return names.join(" ");
}

function spokenCell(cell, layer, stepNumber, isSettled) {
  return `Layer ${layer + 1}, step ${stepNumber + 1}: ${cell.text || "nothing"}. ` +
    `${cell.agrees ? "Agrees" : "Differs"}, probability ${cell.probability.toFixed(2)}, ` +
    `entropy ${cell.entropy.toFixed(2)} nats, cosine ${cell.cosine.toFixed(2)}` +
    `${isSettled ? ", settled from here on" : ""}`;
}

function readout(cell, layer, stepNumber, final, isSettled) {
  const figures = [["probability", cell.probability.toFixed(3)], ["entropy", `${cell.entropy.toFixed(3)} nats`],
    ["cosine to the last layer", cell.cosine.toFixed(3)]];
  return [
    element("p", { class: "readout-place" }, `Layer ${layer + 1}, step ${stepNumber + 1} `,
      element("span", { class: `verdict ${cell.agrees ? "right" : "unknown"}` },
        cell.agrees ? "agrees with the sentence in the end" : "differs from the sentence in the end"),
      isSettled ? element("span", { class: "tag" }, "settled from here on") : null),
    element("p", { class: "readout-text" }, cell.text === "" ? "–" : cell.text),
    cell.agrees ? null : element("p", { class: "muted small" }, "in the end: ", final),
    element("p", { class: "small figures-line" }, figures.map(([name, figure]) =>
      element("span", {}, element("span", { class: "muted" }, `${name} `), figure))),
  ].filter((line) => line);
}

/** Cells by row and column, one of which is in the order of tabs: arrows go from there. */
class Grid {
  constructor(rows, describe) {
    this.rows = rows;
    this.describe = describe;
    this.at = [rows.length - 1, 0];
  }

  cell([row, column]) { return this.rows[row][column]; }

  show(place) { this.describe(...place); }

  goTo([row, column], isFocused = true) {
    const place = [Math.min(this.rows.length - 1, Math.max(0, row)),
      Math.min(this.rows[0].length - 1, Math.max(0, column))];
    this.cell(this.at).tabIndex = -1;
    this.at = place;
    this.cell(place).tabIndex = 0;
    if (isFocused) this.cell(place).focus();
    this.show(place);
  }

  onKey(event) {
    const [row, column] = this.at;
    const moves = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1], Home: [row, 0], End: [row, Infinity], PageUp: [0, column],
      PageDown: [Infinity, column],
    };
    if (!moves[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    this.goTo(moves[event.key]);
    event.preventDefault();
  }
}

function lensCells(lens) {
  const count = lens.steps[0].layers.length;
  return Array.from({ length: count }, (_, layer) => lens.steps.map((one, stepNumber) => {
    const cell = one.layers[layer];
    const isSettled = layer === one.settled;
    return element("td", { role: "gridcell", class: cellClass(cell, layer, one.settled), tabindex: -1,
      "aria-label": spokenCell(cell, layer, stepNumber, isSettled) },
    element("span", { class: "lens-text" }, cell.text === "" ? "–" : cell.text),
    isSettled ? element("span", { class: "settled-note" }, "settled") : null);
  }));
}

function lensTable(lens, rows) {
  const heads = lens.steps.map((_, i) => element("th", { scope: "col", role: "columnheader" }, `Step ${i + 1}`));
  return element("table", { class: "lens", role: "grid", "aria-label": "What each layer says at each step" },
    element("thead", {}, element("tr", { role: "row" }, element("td", { class: "corner" }, "Layer"), heads)),
    element("tbody", {}, rows.map((cells, layer) => element("tr", { role: "row" },
      element("th", { scope: "row", role: "rowheader" }, layer + 1), cells))));
}

function lensKey() {
  const sample = (names, label) => element("span", {}, element("span", { class: `sample lens-cell ${names}` }), label);
  return element("p", { class: "key muted small lens-key" },
    sample("agrees strength-4", "agrees with the sentence in the end"), sample("differs strength-4", "differs"),
    element("span", {}, "stronger colour, higher probability"),
    sample("agrees strength-2 settled", "settled: all layers agree from here on"));
}

/** The grid of one lens, with what its cell under the pointer or the focus holds below it. */
function lensGrid(lens) {
  const where = runs.filter((run) => run.kind === "lens").length > 1 ? ` (${shortName(lens.run)})` : "";
  const title = element("h4", {}, `Layer by layer${where}`);
  if (lens.steps.length === 0) return element("div", { class: "lens-part" }, title, element("p", {}, "No steps."));
  const box = element("div", { class: "readout" });
  const rows = lensCells(lens);
  const grid = new Grid(rows, (layer, stepNumber) => {
    const one = lens.steps[stepNumber];
    box.replaceChildren(...readout(one.layers[layer], layer, stepNumber, one.text, layer === one.settled));
  });
  rows.forEach((cells, row) => cells.forEach((cell, column) => {
    cell.addEventListener("pointerenter", () => grid.show([row, column]));
    cell.addEventListener("click", () => grid.goTo([row, column]));
    cell.addEventListener("focus", () => grid.goTo([row, column], false));
  }));
  const drawn = lensTable(lens, rows);
  drawn.addEventListener("keydown", (event) => grid.onKey(event));
  drawn.addEventListener("pointerleave", () => grid.show(grid.at));
  grid.goTo(grid.at, false);
  return element("div", { class: "lens-part" }, title,
    element("div", { class: "scroll" }, drawn), lensKey(), box);
}
