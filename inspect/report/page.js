// What every part of the page builds on: elements, numbers as text, and who is told when something changes.

const svgNamespace = document.getElementById("svg-seed").namespaceURI;

/**
 * An element. Texts among the children become text nodes, so nothing in the data can become markup.
 * Properties that are functions are listeners; null and false leave an attribute out.
 */
function element(tag, attributes = {}, ...children) {
  return furnished(document.createElement(tag), attributes, children);
}

/** The same for the elements of drawings. */
function drawing(tag, attributes = {}, ...children) {
  return furnished(document.createElementNS(svgNamespace, tag), attributes, children);
}

function furnished(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false || value === undefined) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

const byId = (id) => document.getElementById(id);

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** Groups of three digits apart by a thin space, which no reader takes for a decimal sign. */
function grouped(text) {
  const [whole, fraction] = text.split(".");
  if (whole.replace("-", "").length < 5) return text;
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, "\u2009");
  return fraction === undefined ? apart : `${apart}.${fraction}`;
}

/** A number with about three significant digits; a dash for none. */
function amount(value) {
  if (!isNumber(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-3) return value.toExponential(2).replace(/\.?0*e\+?/, "e").replace(/-/g, "−");
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  const text = value.toFixed(digits);
  return grouped(text.includes(".") ? text.replace(/\.?0+$/, "") : text).replace("-", "−");
}

const percent = (share, digits = 1) => (isNumber(share) ? `${(100 * share).toFixed(digits)}%` : "–");

/** A value in the unit of its column. */
function inUnit(value, unit) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  return unit === "share" ? percent(value) : amount(value);
}

const plural = (count, noun) => `${grouped(String(count))} ${noun}${count === 1 ? "" : "s"}`;

/** Calls all listeners of a topic. */
const listeners = {};
function listen(topic, listener) {
  (listeners[topic] = listeners[topic] || []).push(listener);
}
function tell(topic) {
  for (const listener of listeners[topic] || []) listener();
}

/** Shows a section that has something in it, and lists it in the contents. */
function openSection(id, label, ...children) {
  const section = byId(id);
  section.hidden = false;
  const body = section.querySelector(".body");
  if (body) body.append(...children);
  byId("contents").append(element("a", { href: `#${id}` }, label));
}

/** A box that can be scrolled sideways, by the keyboard too: it takes the focus only where there is more to see. */
function scrollable(label, content) {
  const box = element("div", { class: "scroll", role: "region", "aria-label": label }, content);
  new ResizeObserver(() => {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }).observe(box);
  return box;
}

/**
 * A table. Columns are {name, unit?, text?}; rows are arrays of values or nodes. Numbers are set right in figures of
 * equal width.
 */
function table(caption, columns, rows) {
  const isText = columns.map((column, i) => column.text || rows.every((row) => typeof row[i] !== "number"));
  const head = columns.map((column, i) =>
    element("th", { scope: "col", class: isText[i] ? null : "number" }, column.name,
      column.unit && column.unit !== "share" ? element("span", { class: "unit" }, ` ${column.unit}`) : null));
  const cell = (value, i) =>
    element(i === 0 ? "th" : "td", { scope: i === 0 ? "row" : null, class: isText[i] ? null : "number" },
      value instanceof Node ? value : inUnit(value, columns[i].unit));
  return scrollable(caption,
    element("table", { class: "figures" },
      element("caption", { class: "unseen" }, caption),
      element("thead", {}, element("tr", {}, head)),
      element("tbody", {}, rows.map((row) => element("tr", {}, row.map(cell))))));
}
