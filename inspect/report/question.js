// One question: what was asked, and what each mode made of it, step beside step.

const stopNames = {
  answered: "stopped at the answer", no_answer: "stopped without an answer", repeated: "stopped because it repeated itself",
  max_steps: "cut off at the most steps", context_full: "cut off at a full context", cancelled: "cancelled",
};

/** The entropy at which a bar is full: the highest of all steps, so that bars compare across questions. */
const mostEntropy = Math.max(0.1, questions.reduce((most, question) =>
  question.trajectories.reduce((high, t) => t.steps.reduce((h, s) => Math.max(h, s.entropy), high), most), 0));

/** A mode without steps of its own (direct) has nothing to part from. */
const compared = (trajectories) => trajectories.filter((t) => tracks[t.track].mode !== "direct" && t.steps.length > 0);

/** The first step at which modes part: texts that were read differ, or some have ended. -1 when all say the same. */
function partingStep(trajectories) {
  const usable = compared(trajectories);
  if (usable.length < 2) return -1;
  const most = Math.max(...usable.map((t) => t.steps.length));
  for (let i = 0; i < most; ++i) {
    const said = usable.map((t) => (t.steps[i] ? t.steps[i].text.trim() : null)).filter((text) => text !== "");
    if (new Set(said).size > 1) return i;
  }
  return -1;
}

/** How many words all texts have in common, from one end. */
function commonWords(texts, wordAt) {
  let count = 0;
  const shortest = Math.min(...texts.map((words) => words.length));
  while (count < shortest && texts.every((words) => wordAt(words, count) === wordAt(texts[0], count))) ++count;
  return count;
}

/** The text of a step at which modes part, with the words in which they do standing out. */
function partingText(text, others) {
  const texts = others.filter((other) => other !== "").map((other) => other.trim().split(/\s+/));
  const words = text.trim().split(/\s+/);
  const head = commonWords(texts, (list, i) => list[i]);
  const tail = Math.min(commonWords(texts, (list, i) => list[list.length - 1 - i]),
    Math.min(...texts.map((list) => list.length)) - head);
  const own = words.slice(head, words.length - tail).join(" ");
  return [head > 0 ? `${words.slice(0, head).join(" ")} ` : null, own ? element("strong", {}, own) : null,
    tail > 0 ? ` ${words.slice(words.length - tail).join(" ")}` : null];
}

/** A share of 1 or an amount as a short bar with its figure. */
function meter(label, fill, figure, explanation, kind) {
  const width = 30;
  const full = Math.min(1, Math.max(0, fill));
  return element("span", { class: `meter ${kind}`, title: explanation },
    element("span", { class: "meter-label" }, label),
    drawing("svg", { class: "bar", viewBox: `0 0 ${width} 4`, width, height: 4, "aria-hidden": "true" },
      drawing("rect", { class: "bar-track", width, height: 4, rx: 2 }),
      drawing("rect", { class: "bar-fill", width: Math.max(full > 0 ? 1.5 : 0, full * width), height: 4, rx: 2 })),
    element("span", { class: "meter-figure" }, figure));
}

function stepMeters(one) {
  const view = one.isView && one.text !== "" ? element("span", {}, element("span", {
    class: "tag", title: "Decoded only to be looked at: reasoning went on from the vector",
  }, "view")) : null;
  return element("span", { class: "meters" },
    one.text !== "" ? meter("p", one.probability, one.probability.toFixed(2),
      `Mean probability of the sentence's tokens: ${amount(one.probability)}`, "probability") : null,
    one.text !== "" ? meter("H", one.entropy / mostEntropy, one.entropy.toFixed(2),
      `Mean entropy of the sentence's tokens: ${amount(one.entropy)} nats`, "entropy") : null,
    one.stop !== null ? meter("stop", one.stop, one.stop.toFixed(2),
      `Probability that this sentence is the answer: ${amount(one.stop)}`, "stop") : null,
    view);
}

function latentNote(one) {
  const notes = [];
  if (one.cosine !== null) notes.push(`cosine to the step before ${amount(one.cosine)}`);
  if (one.norm !== null) notes.push(`norm ${amount(one.norm)}`);
  return notes.join(", ");
}

function stepCell(trajectory, i, isParting, others) {
  const one = trajectory.steps[i];
  const label = tracks[trajectory.track].label;
  if (!one) return element("td", { class: "step", "data-mode": label }, element("span", { class: "muted" }, "–"));
  const text = one.text === "" ? element("span", { class: "muted" }, "not decoded")
    : isParting && others.length > 1 ? partingText(one.text, others) : one.text;
  return element("td", { class: "step", "data-mode": label, title: latentNote(one) || null },
    element("span", { class: "step-text" }, text), stepMeters(one));
}

function verdict(trajectory) {
  const name = outcomeName(trajectory.right);
  const proof = trajectory.valid === null ? null
    : element("span", { class: "muted" }, trajectory.valid ? " · steps valid" : " · steps not valid");
  return element("span", { class: `verdict ${outcomeClass(trajectory.right)}` }, mark(trajectory.right), name, proof);
}

function costParts(trajectory) {
  const { passes, tokens, gflops, ms } = trajectory.cost;
  const parts = [passes === 1 ? "1 pass" : `${amount(passes)} passes`, plural(tokens, "token")];
  if (gflops > 0) parts.push(`${amount(gflops)} GFLOPs`);
  parts.push(`${amount(ms)} ms`);
  return parts;
}

function modeHead(trajectory) {
  return element("th", { scope: "col", class: "mode-head" },
    element("span", { class: "mode-name" }, swatch(tracks[trajectory.track].mode), tracks[trajectory.track].label),
    element("span", { class: "mode-answer" },
      trajectory.answer === null ? element("span", { class: "muted" }, "no answer") : trajectory.answer),
    verdict(trajectory),
    element("span", { class: "mode-cost muted small" }, costParts(trajectory).map((part) => element("span", {}, part))),
    element("span", { class: "mode-cost muted small" }, stopNames[trajectory.stop] || trajectory.stop));
}

function comparison(question) {
  const trajectories = question.trajectories;
  const most = Math.max(...trajectories.map((t) => t.steps.length));
  const parting = partingStep(trajectories);
  const rows = [];
  for (let i = 0; i < most; ++i) {
    const isParting = i === parting;
    const others = compared(trajectories).filter((t) => t.steps[i]).map((t) => t.steps[i].text);
    rows.push(element("tr", { class: isParting ? "parts" : null },
      element("th", { scope: "row", class: "step-number" }, element("span", { class: "step-word" }, "Step "), i + 1,
        isParting ? element("span", { class: "parting-note" }, "modes part") : null),
      trajectories.map((t) => stepCell(t, i, isParting && t.steps[i] && compared([t]).length > 0, others))));
  }
  return scrollable("Modes side by side",
    element("table", { class: "comparison" },
      element("caption", { class: "unseen" }, "What each mode says at each step"),
      element("thead", {}, element("tr", {},
        element("td", { class: "corner" }), trajectories.map(modeHead))),
      element("tbody", {}, rows)));
}

function comparisonKey(question) {
  const hasStop = question.trajectories.some((t) => t.steps.some((one) => one.stop !== null));
  const hasView = question.trajectories.some((t) => t.steps.some((one) => one.isView && one.text !== ""));
  return element("p", { class: "key muted small" },
    element("b", {}, "p"), " mean token probability · ", element("b", {}, "H"),
    ` mean token entropy in nats, bar full at ${amount(mostEntropy)}`,
    hasStop ? [" · ", element("b", {}, "stop"), " probability of being the answer"] : null,
    hasView ? [" · ", element("span", { class: "tag" }, "view"), " decoded to be looked at, not read by the model"]
      : null);
}

function detailHead(question) {
  const at = view.shown.indexOf(question);
  const go = (places, label, text) => element("button", { type: "button", class: "button", "aria-label": label,
    "data-go": places, disabled: !view.shown[at + places], click: () => step(places) }, text);
  return element("div", { class: "detail-head" },
    element("h3", { class: "detail-title" }, `Question ${question.id}`),
    element("span", { class: "pager" }, go(-1, "Previous question", "←"), go(1, "Next question", "→")));
}

function drawQuestion() {
  const question = view.selected;
  const detail = byId("detail");
  detail.hidden = question === null;
  if (question === null) return;
  const held = detail.contains(document.activeElement) ? document.activeElement.dataset.go : undefined;
  detail.replaceChildren(detailHead(question),
    element("p", { class: "story" }, question.story ? `${question.story} ` : null,
      element("span", { class: "asked" }, question.asked)));
  if (question.trueAnswer !== null) {
    detail.append(element("p", { class: "true-answer" }, element("span", { class: "label" }, "True answer"),
      element("strong", {}, question.trueAnswer)));
  }
  if (question.trajectories.length > 0) detail.append(comparison(question), comparisonKey(question));
  for (const lens of question.lenses) detail.append(lensGrid(lens));
  // Who leafs by the keyboard stays on the button, or at the question when there are no more.
  if (held) (detail.querySelector(`[data-go="${held}"]:enabled`) || detail).focus({ preventScroll: true });
}
