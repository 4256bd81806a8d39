// Charts as inline drawings: axes with units, intervals, a legend, and the table behind them.

/** Modes look the same in all charts. Other series take the looks that are left. */
const modeLooks = new Map(["chain", "continuous", "discretized", "hybrid", "direct"].map((mode, i) => [mode, i]));
const lookCount = 7;
const dashes = ["", "7 3", "2 3", "9 3 2 3", "4 2", "1 2", "12 4"];

function looksOf(names) {
  const taken = new Set(names.filter((name) => modeLooks.has(name)).map((name) => modeLooks.get(name)));
  let next = 0;
  return names.map((name) => {
    if (modeLooks.has(name)) return modeLooks.get(name);
    while (taken.has(next % lookCount) && next < lookCount) ++next;
    return next++ % lookCount;
  });
}

/** The point of a look: shapes differ as well as colours. */
function pointShape(look, x, y, r = 4) {
  const shapes = [
    () => drawing("circle", { cx: x, cy: y, r }),
    () => drawing("rect", { x: x - r * 0.9, y: y - r * 0.9, width: r * 1.8, height: r * 1.8 }),
    () => drawing("path", { d: `M${x} ${y - r * 1.2}l${r * 1.15} ${r * 2}h${-r * 2.3}z` }),
    () => drawing("rect", { x: x - r * 0.9, y: y - r * 0.9, width: r * 1.8, height: r * 1.8,
      transform: `rotate(45 ${x} ${y})` }),
    () => drawing("path", { d: `M${x} ${y + r * 1.2}l${r * 1.15} ${-r * 2}h${-r * 2.3}z` }),
    () => drawing("rect", { x: x - r * 1.2, y: y - r * 0.5, width: r * 2.4, height: r }),
    () => drawing("rect", { x: x - r * 0.5, y: y - r * 1.2, width: r, height: r * 2.4 }),
  ];
  return shapes[look]();
}

function lookIcon(look) {
  return drawing("svg", { class: `swatch look-${look}`, viewBox: "0 0 12 12", "aria-hidden": "true" },
    pointShape(look, 6, 6));
}

/** The sign of a mode, the same as in the charts; nothing for modes that have none. */
const swatch = (mode) => (modeLooks.has(mode) ? lookIcon(modeLooks.get(mode)) : null);

// --- scales ---

/** The step of 1, 2 or 5 times a power of ten that cuts a span into about so many pieces. */
function niceStep(span, pieces) {
  const rough = span / pieces;
  const power = 10 ** Math.floor(Math.log10(rough));
  const times = [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
  return times * power;
}

/** From tick to tick; or, where `padding` is given, only as far as the figures go and that share of their span more. */
function linearScale(low, high, pieces, padding = null) {
  if (!(high > low)) {
    const around = Math.abs(high) / 2 || 0.5;
    [low, high] = [low - around, high + around];
  }
  const stride = niceStep(high - low, pieces);
  const multiples = (first, last) =>
    Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * stride).toPrecision(12)));
  if (padding === null) {
    const ticks = multiples(Math.floor(low / stride + 1e-9), Math.ceil(high / stride - 1e-9));
    return scaleOver(ticks[0], ticks[ticks.length - 1], ticks);
  }
  const more = (high - low) * padding;
  const [from, to] = [low === 0 ? 0 : low - more, high + more];
  return scaleOver(from, to, multiples(Math.ceil(from / stride - 1e-9), Math.floor(to / stride + 1e-9)));
}

const scaleOver = (from, to, ticks) => ({ from, to, ticks, place: (value) => (value - from) / (to - from) });

function logScale(low, high) {
  const from = Math.log10(low) - 0.08;
  const to = Math.log10(high) + 0.08;
  const ticks = [];
  for (let power = Math.floor(from); power <= to; ++power) {
    for (const factor of to - from > 2 ? [1] : [1, 2, 5]) ticks.push(factor * 10 ** power);
  }
  return { ticks: ticks.filter((tick) => Math.log10(tick) >= from && Math.log10(tick) <= to),
    place: (value) => (Math.log10(value) - from) / (to - from), isLog: true };
}

function categoryScale(values) {
  const names = [...new Set(values)];
  return { ticks: names, isCategory: true, place: (value) => (names.indexOf(value) + 0.5) / names.length };
}

function xScale(points, axis, pieces) {
  const values = points.map((point) => point.x);
  if (!values.every(isNumber)) return categoryScale(values.map(String));
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (axis.mayBeLog && low > 0 && high / low > 8) return logScale(low, high);
  return linearScale(axis.fromZero ? Math.min(0, low) : low, high, pieces, 0.05);
}

function yScale(points, axis, pieces) {
  const ends = points.flatMap((point) => [point.y, point.low, point.high]).filter(isNumber);
  let low = Math.min(...ends);
  const high = Math.max(...ends);
  // A zoomed axis overstates small differences: zero is left out only where the figures are far from it.
  if (low >= 0 && low < 0.6 * high) low = 0;
  return linearScale(low, high, pieces);
}

// --- the drawing ---

const margin = { right: 16, top: 12, bottom: 46 };

/** Room for the figures at the axis and its name. */
const leftMargin = (scale, unit) => 26 + 6.6 * Math.max(4, ...scale.ticks.map((tick) => tickText(tick, unit).length));

function axisLabel(axis, scale) {
  const unit = axis.unit && axis.unit !== "share" ? `, ${axis.unit}` : "";
  return `${axis.label}${unit}${scale.isLog ? " (logarithmic)" : ""}`;
}

const shortened = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** Share of 1 in per cent without needless digits. */
function tickText(tick, unit) {
  if (typeof tick === "string") return tick;
  return unit === "share" ? `${Number((100 * tick).toPrecision(6))}%` : amount(tick);
}

function axes(frame, x, y, spec) {
  const { left, right, top, bottom } = frame;
  const lines = y.ticks.map((tick) => {
    const at = frame.y(tick);
    return drawing("g", {},
      drawing("line", { class: "grid-line", x1: left, x2: right, y1: at, y2: at }),
      drawing("text", { class: "tick", x: left - 8, y: at + 3.5, "text-anchor": "end" }, tickText(tick, spec.y.unit)));
  });
  const room = x.isCategory ? Math.max(3, Math.floor((right - left) / x.ticks.length / 6.5)) : 20;
  const marks = x.ticks.map((tick) => drawing("g", {},
    drawing("line", { class: "axis-line", x1: frame.x(tick), x2: frame.x(tick), y1: bottom, y2: bottom + 4 }),
    drawing("text", { class: "tick", x: frame.x(tick), y: bottom + 17, "text-anchor": "middle" },
      shortened(tickText(tick, spec.x.unit), room))));
  return [...lines, drawing("line", { class: "axis-line", x1: left, x2: right, y1: bottom, y2: bottom }), ...marks,
    drawing("text", { class: "axis-label", x: (left + right) / 2, y: bottom + 37, "text-anchor": "middle" },
      axisLabel(spec.x, x)),
    drawing("text", { class: "axis-label", "text-anchor": "middle",
      transform: `translate(13 ${(top + bottom) / 2}) rotate(-90)` }, axisLabel(spec.y, y))];
}

const hasInterval = (point) => isNumber(point.low) && isNumber(point.high);

function band(series, frame) {
  const points = series.points.filter(hasInterval);
  if (points.length < 2) return null;
  const edge = (key, from) => from.map((point) => `${frame.x(point.x)} ${frame.y(point[key])}`).join("L");
  return drawing("path", { class: "band", d: `M${edge("high", points)}L${edge("low", [...points].reverse())}Z` });
}

function whisker(point, x, frame) {
  if (!hasInterval(point)) return null;
  const [low, high] = [frame.y(point.low), frame.y(point.high)];
  return drawing("path", { class: "whisker", d: `M${x} ${low}V${high}M${x - 4} ${low}h8M${x - 4} ${high}h8` });
}

function pointNote(series, point, spec) {
  const ends = [point.low, point.high].map((end) => inUnit(end, spec.y.unit));
  const interval = hasInterval(point) ? ` (${ends.join(" to ")})` : "";
  return `${series.name ? `${series.name}: ` : ""}${spec.y.label} ${inUnit(point.y, spec.y.unit)}${interval} at ` +
    `${spec.x.label} ${inUnit(point.x, spec.x.unit)}`;
}

function seriesDrawing(series, order, spec, frame, x) {
  const isLine = spec.isLine && !x.isCategory && series.points.length > 1;
  // Points of several series at one category stand beside each other.
  const apart = x.isCategory ? Math.min(14, frame.slot / (spec.series.length + 1)) : 0;
  const shift = (order - (spec.series.length - 1) / 2) * apart;
  const path = series.points.map((point) => `${frame.x(point.x)} ${frame.y(point.y)}`).join("L");
  return drawing("g", { class: `look-${series.look}` },
    isLine ? band(series, frame) : null,
    isLine ? drawing("path", { class: "line", d: `M${path}`, "stroke-dasharray": dashes[series.look] || null }) : null,
    series.points.map((point) => {
      const at = frame.x(point.x) + shift;
      return drawing("g", { class: "point" }, drawing("title", {}, pointNote(series, point, spec)),
        isLine ? null : whisker(point, at, frame), pointShape(series.look, at, frame.y(point.y)));
    }));
}

function chartDrawing(spec, width) {
  const height = Math.round(Math.min(320, Math.max(240, width * 0.62)));
  const points = spec.series.flatMap((series) => series.points);
  const x = xScale(points, spec.x, width < 420 ? 4 : 6);
  const y = yScale(points, spec.y, 5);
  const frame = { left: leftMargin(y, spec.y.unit), right: width - margin.right,
    top: margin.top, bottom: height - margin.bottom };
  frame.x = (value) => frame.left + x.place(x.isCategory ? String(value) : value) * (frame.right - frame.left);
  frame.y = (value) => frame.bottom - y.place(value) * (frame.bottom - frame.top);
  frame.slot = (frame.right - frame.left) / x.ticks.length;
  return drawing("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
    "aria-label": `${spec.title}. The table below holds the same figures.` },
  axes(frame, x, y, spec), spec.series.map((series, order) => seriesDrawing(series, order, spec, frame, x)));
}

function legend(series) {
  if (series.length < 2 && !series[0].name) return null;
  return element("ul", { class: "legend" }, series.map((one) => element("li", {}, lookIcon(one.look), one.name)));
}

/** Draws again at the width that there is, so that letters keep their size on any screen. */
function fitted(draw) {
  const box = element("div", { class: "canvas" });
  let drawn = 0;
  const redraw = () => {
    const width = Math.floor(box.clientWidth);
    if (width < 40 || width === drawn) return;
    drawn = width;
    box.replaceChildren(draw(width));
  };
  new ResizeObserver(redraw).observe(box);
  return box;
}

/**
 * A chart with its table. spec: {title, note?, x: {label, unit, mayBeLog?, fromZero?}, y: {label, unit}, isLine,
 * series: [{name, points: [{x, y, low?, high?}]}], columns, rows}. Null when no point can be drawn.
 */
function chart(spec) {
  const drawable = (point) => isNumber(point.y) && (isNumber(point.x) || typeof point.x === "string");
  const series = spec.series.map((one) => ({ ...one, points: one.points.filter(drawable) }))
    .filter((one) => one.points.length > 0);
  if (series.length === 0) return null;
  const looks = looksOf(series.map((one) => one.look || one.name));
  const complete = { ...spec, series: series.map((one, i) => ({ ...one, look: looks[i] })) };
  return element("figure", { class: "figure" },
    element("figcaption", {}, element("h3", {}, spec.title),
      spec.note ? element("p", { class: "muted small" }, spec.note) : null),
    legend(complete.series), fitted((width) => chartDrawing(complete, width)),
    element("details", {}, element("summary", {}, "Figures"), table(spec.title, spec.columns, spec.rows)));
}
