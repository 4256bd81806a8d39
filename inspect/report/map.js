// The plane of the two principal components: a path for each question, and a rectangle that chooses among them.

/** One path: its points in data coordinates, and the verdict of the mode that went it. */
function unpackedPath([index, track, numbers]) {
  const points = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) points.push([numbers[i], numbers[i + 1]]);
  const question = questions[index];
  const trajectory = question.byTrack.get(track);
  return { question, track, points, trajectory, right: trajectory ? trajectory.right : null };
}

const within = (value, a, b) => value >= Math.min(a, b) && value <= Math.max(a, b);

const rectangleKeys =
  "Enter makes a rectangle, arrows move it, Shift with arrows sizes it, Escape takes it away.";

class TrajectoryChart {
  constructor(paths, explained) {
    this.all = paths;
    this.explained = explained;
    this.track = paths[0].track;
    this.rectangle = null;  // in data coordinates: [x0, y0, x1, y1]
    this.readout = element("div", { class: "readout map-readout" });
    this.status = element("p", { class: "unseen", role: "status" });
    this.box = fitted((width) => this.draw(width));
    this.describe(null);
    listen("shown", () => this.restyle());
    listen("selected", () => this.restyle());
    listen("unbrushed", () => this.setRectangle(null, false));
  }

  get paths() { return this.all.filter((path) => path.track === this.track); }

  axis(number) {
    const share = this.explained[number];
    return `principal component ${number + 1}${isNumber(share) ? ` (${percent(share)} of the variance)` : ""}`;
  }

  draw(width) {
    const height = Math.round(Math.min(560, Math.max(320, width * 0.6)));
    const points = this.paths.flatMap((path) => path.points);
    const axisOf = (i) => {
      const values = points.map((point) => point[i]);
      const [low, high] = [Math.min, Math.max].map((end) => values.reduce((a, b) => end(a, b)));
      return linearScale(low, high, width < 420 ? 4 : 7, 0.04);
    };
    const [x, y] = [axisOf(0), axisOf(1)];
    const frame = { left: leftMargin(y, ""), right: width - 12, top: 12, bottom: height - 46 };
    frame.x = (value) => frame.left + x.place(value) * (frame.right - frame.left);
    frame.y = (value) => frame.bottom - y.place(value) * (frame.bottom - frame.top);
    frame.span = [x.to - x.from, y.to - y.from];
    frame.dataX = (at) => x.from + ((at - frame.left) / (frame.right - frame.left)) * frame.span[0];
    frame.dataY = (at) => y.from + ((frame.bottom - at) / (frame.bottom - frame.top)) * frame.span[1];
    frame.middle = [(x.from + x.to) / 2, (y.from + y.to) / 2];
    frame.ends = [x.from, y.from, x.to, y.to];
    this.frame = frame;
    this.layer = drawing("g", { class: "paths" });
    this.top = drawing("g", { class: "paths" });
    this.brush = drawing("rect", { class: "brush", visibility: "hidden" });
    this.shapes = this.paths.map((path) => this.drawPath(path));
    this.svg = drawing("svg", { class: "chart map-chart", viewBox: `0 0 ${width} ${height}`, width, height, tabindex: 0,
      role: "application", "aria-roledescription": "map with a movable rectangle",
      "aria-label": `Map of trajectories. ${rectangleKeys}` },
    axes(frame, x, y, { x: { label: this.axis(0), unit: "" }, y: { label: this.axis(1), unit: "" } }),
    this.layer, this.top, this.brush);
    this.listenToPointer();
    this.svg.addEventListener("keydown", (event) => this.onKey(event));
    this.restyle();
    this.drawRectangle();
    return this.svg;
  }

  drawPath(path) {
    const { frame } = this;
    const at = path.points.map(([x, y]) => [frame.x(x), frame.y(y)]);
    const end = at[at.length - 1];
    const ends = { true: () => drawing("circle", { class: "end", cx: end[0], cy: end[1], r: 3.5 }),
      false: () => drawing("path", { class: "end cross", d: `M${end[0] - 3.5} ${end[1] - 3.5}l7 7m0-7l-7 7` }),
      null: () => drawing("circle", { class: "end ring", cx: end[0], cy: end[1], r: 3.2 }) };
    return { path, at, node: drawing("g", {},
      drawing("path", { class: "line", d: `M${at.map((point) => point.join(" ")).join("L")}` }),
      at.slice(0, -1).map(([x, y]) => drawing("circle", { class: "via", cx: x, cy: y, r: 1.6 })), ends[path.right]()) };
  }

  /** Open question above, questions that the list does not show faint. */
  restyle() {
    if (!this.shapes) return;
    const shown = new Set(view.shown);
    for (const { path, node } of this.shapes) {
      const isSelected = path.question === view.selected;
      const state = isSelected ? " chosen" : shown.has(path.question) ? "" : " faint";
      node.setAttribute("class", `path ${outcomeClass(path.right)}${state}`);
      const parent = isSelected ? this.top : this.layer;
      if (node.parentNode !== parent) parent.append(node);
    }
    const chosen = this.shapes.find((shape) => shape.path.question === view.selected);
    this.numberSteps(chosen);
  }

  numberSteps(shape) {
    for (const old of this.top.querySelectorAll("text")) old.remove();
    if (!shape) return;
    shape.at.forEach(([x, y], i) =>
      this.top.append(drawing("text", { class: "step-label", x: x + 6, y: y - 6 }, i + 1)));
  }

  // --- pointer ---

  place(event) {
    const box = this.svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  nearest([x, y], reach) {
    let best = null;
    for (const shape of this.shapes) {
      shape.at.forEach(([px, py], i) => {
        const distance = Math.hypot(px - x, py - y);
        if (distance < reach && (!best || distance < best.distance)) best = { distance, path: shape.path, step: i };
      });
    }
    return best;
  }

  listenToPointer() {
    let start = null;
    const dragged = (event) => {
      const at = this.place(event);
      return Math.hypot(at[0] - start[0], at[1] - start[1]) > 4 ? [...start, ...at] : null;
    };
    this.svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      start = this.place(event);
      this.svg.setPointerCapture(event.pointerId);
    });
    this.svg.addEventListener("pointermove", (event) => {
      const corners = start && dragged(event);
      if (corners) this.setRectangle(this.toData(corners), false);
      else if (!start) this.describe(this.nearest(this.place(event), 14));
    });
    this.svg.addEventListener("pointerup", (event) => {
      if (!start) return;
      const corners = dragged(event);
      const hit = this.nearest(this.place(event), 14);
      if (corners) this.setRectangle(this.toData(corners), true);
      else if (hit) select(hit.path.question);
      else if (this.rectangle) this.setRectangle(null, true);
      start = null;
    });
    this.svg.addEventListener("pointercancel", () => {  // a finger that began to scroll
      start = null;
      this.setRectangle(null, true);
    });
    this.svg.addEventListener("pointerleave", () => { if (!start) this.describe(null); });
  }

  toData([x0, y0, x1, y1]) {
    return [this.frame.dataX(x0), this.frame.dataY(y0), this.frame.dataX(x1), this.frame.dataY(y1)];
  }

  // --- rectangle ---

  setRectangle(rectangle, isFinal) {
    this.rectangle = rectangle;
    this.drawRectangle();
    if (!isFinal) return;
    view.brushed = rectangle ? this.chosen() : null;
    refilter();
    this.status.textContent = view.brushed ? `${plural(view.brushed.size, "question")} in the rectangle`
      : "No rectangle";
  }

  /** Numbers of the questions whose path has a step in the rectangle. */
  chosen() {
    const [x0, y0, x1, y1] = this.rectangle;
    const touches = (path) => path.points.some(([x, y]) => within(x, x0, x1) && within(y, y0, y1));
    return new Set(this.paths.filter(touches).map((path) => path.question.index));
  }

  drawRectangle() {
    if (!this.brush) return;
    if (!this.rectangle) { this.brush.setAttribute("visibility", "hidden"); return; }
    const [x0, y0, x1, y1] = this.rectangle;
    const [left, right] = [this.frame.x(x0), this.frame.x(x1)].sort((a, b) => a - b);
    const [top, bottom] = [this.frame.y(y0), this.frame.y(y1)].sort((a, b) => a - b);
    const places = { x: left, y: top, width: right - left, height: bottom - top, visibility: "visible" };
    for (const [name, value] of Object.entries(places)) this.brush.setAttribute(name, value);
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [w, h] = this.frame.span;
    const arrows = { ArrowLeft: [-w / 40, 0], ArrowRight: [w / 40, 0], ArrowUp: [0, h / 40], ArrowDown: [0, -h / 40] };
    if (event.key === "Escape") {
      this.setRectangle(null, true);
    } else if ((event.key === "Enter" || event.key === " ") && !this.rectangle) {
      const [x, y] = this.frame.middle;
      this.setRectangle([x - w / 8, y - h / 8, x + w / 8, y + h / 8], true);
    } else if (arrows[event.key] && this.rectangle) {
      this.setRectangle(this.moved(arrows[event.key], event.shiftKey), true);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** The rectangle moved, or its far corner alone, and kept on the map. */
  moved([dx, dy], isSizing) {
    const [left, low, right, high] = this.frame.ends;
    const [x0, y0, x1, y1] = this.rectangle;
    const clamp = (value, from, to) => Math.min(to, Math.max(from, value));
    if (isSizing) return [x0, clamp(y0 + dy, low, y1), clamp(x1 + dx, x0, right), y1];
    const x = clamp(dx, left - Math.min(x0, x1), right - Math.max(x0, x1));
    const y = clamp(dy, low - Math.min(y0, y1), high - Math.max(y0, y1));
    return [x0 + x, y0 + y, x1 + x, y1 + y];
  }

  describe(hit) {
    if (!hit) {
      this.readout.replaceChildren(element("p", { class: "muted small" },
        "Point at a path to read it, click to open its question, drag a rectangle to list the questions that pass " +
        `through it. By keyboard: ${rectangleKeys}`));
      return;
    }
    const { path, step: number } = hit;
    const said = path.trajectory && path.trajectory.steps[number] ? path.trajectory.steps[number].text : "";
    this.readout.replaceChildren(
      element("p", { class: "readout-place" },
        `Question ${path.question.id}, step ${number + 1} of ${path.points.length} `,
        element("span", { class: `verdict ${outcomeClass(path.right)}` }, mark(path.right), outcomeName(path.right))),
      element("p", { class: "readout-text" }, said || "not decoded"),
      element("p", { class: "muted small" }, path.question.asked));
  }

  trackChoice() {
    const usable = [...new Set(this.all.map((path) => path.track))];
    if (usable.length < 2) return null;
    const choice = element("select", { id: "map-track" }, usable.map((track) =>
      element("option", { value: track }, tracks[track].label)));
    choice.addEventListener("change", () => {
      this.track = Number(choice.value);
      this.setRectangle(null, true);
      this.box.replaceChildren(this.draw(Math.floor(this.box.clientWidth)));
    });
    return element("p", { class: "judged-by" }, element("label", { for: "map-track" }, "paths of"), choice);
  }
}

function mapLegend(paths) {
  const outcomes = [true, false, null].filter((right) => paths.some((path) => path.right === right));
  return element("ul", { class: "legend" }, outcomes.map((right) => element("li", {},
    drawing("svg", { class: `path-sample path ${outcomeClass(right)}`, viewBox: "0 0 26 12", "aria-hidden": "true" },
      drawing("path", { class: "line", d: "M1 6H25" })), mark(right), outcomeName(right))),
  element("li", { class: "muted" }, "one path a question; the mark is its last step"));
}

function buildMap() {
  if (!packed.map || packed.map.paths.length === 0) return;
  const paths = packed.map.paths.map(unpackedPath);
  const drawn = new TrajectoryChart(paths, packed.map.explained);
  openSection("map", "Map", element("div", { class: "map-head" }, mapLegend(paths), drawn.trackChoice()),
    drawn.box, drawn.readout, drawn.status);
}
