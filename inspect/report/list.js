// The list of questions: filter, search, choice. `view` is what the whole page agrees on.

const view = {
  filter: "all",   // all, right, wrong, disagree
  query: "",
  track: null,     // whose verdict the filter goes by; null is all modes together
  brushed: null,   // numbers of the questions chosen on the map
  shown: [],       // questions that pass, in order
  selected: null,  // the question that is open
};

const filters = [
  { name: "all", label: "All", passes: () => true },
  { name: "right", label: "Right", passes: (question) => outcome(question, view.track) === true },
  { name: "wrong", label: "Wrong", passes: (question) => outcome(question, view.track) === false },
  { name: "disagree", label: "Modes disagree", passes: (question) => question.disagrees },
];

function refilter() {
  const filter = filters.find((one) => one.name === view.filter);
  const words = view.query.toLowerCase().split(/\s+/).filter((word) => word);
  view.shown = questions.filter((question) =>
    filter.passes(question) &&
    (view.brushed === null || view.brushed.has(question.index)) &&
    words.every((word) => searchable(question).includes(word)));
  if (!view.shown.includes(view.selected)) view.selected = view.shown[0] || null;
  tell("shown");
  tell("selected");
}

function select(question) {
  if (question === view.selected) return;
  view.selected = question;
  tell("selected");
}

const optionId = (question) => `question-${question.index}`;

function verdictMarks(question) {
  return element("span", { class: "marks" }, tracks.map((track) => {
    const trajectory = question.byTrack.get(track.index);
    if (!trajectory) return element("span", { class: "mark none", "aria-hidden": "true" });
    return mark(trajectory.right, `${track.label}: ${outcomeName(trajectory.right)}`);
  }));
}

function spokenVerdicts(question) {
  return question.trajectories.map((t) => `${tracks[t.track].label} ${outcomeName(t.right)}`).join(", ");
}

/** Options are made once: filtering a thousand questions at each letter of a search has to be quick. */
function option(question) {
  if (!question.option) question.option = newOption(question);
  return question.option;
}

function newOption(question) {
  const spoken = `Question ${question.id}: ${question.asked} ${spokenVerdicts(question)}`;
  return element("div", {
    id: optionId(question), role: "option", class: "option", tabindex: -1, "aria-selected": "false",
    "aria-label": spoken, click: () => select(question),
  },
  element("span", { class: "option-id" }, question.id),
  element("span", { class: "option-text" },
    element("span", { class: "option-asked" }, question.asked || "(no text)"),
    question.story ? element("span", { class: "option-story" }, question.story.slice(0, 160)) : null),
  tracks.length > 0 ? verdictMarks(question) : null);
}

function drawList() {
  const list = byId("list");
  list.replaceChildren(...view.shown.map(option));
  if (view.shown.length === 0) list.append(element("p", { class: "empty muted" }, "No question passes these filters."));
  const all = questions.length;
  byId("count").textContent = view.shown.length === all ? plural(all, "question")
    : `${grouped(String(view.shown.length))} of ${plural(all, "question")}`;
  const brushed = byId("brushed");
  brushed.hidden = view.brushed === null;
  if (view.brushed) brushed.textContent = `From the map: ${plural(view.brushed.size, "question")} ×`;
}

/** Marks the option of the open question, and keeps it in the list's sight without moving the page. */
function markSelected() {
  for (const old of byId("list").querySelectorAll('[aria-selected="true"]')) {
    old.setAttribute("aria-selected", "false");
    old.tabIndex = -1;
  }
  const chosen = view.selected && byId(optionId(view.selected));
  if (!chosen) return;
  chosen.setAttribute("aria-selected", "true");
  chosen.tabIndex = 0;
  const list = byId("list");
  const above = chosen.offsetTop - list.offsetTop;
  const below = above + chosen.offsetHeight;
  if (above < list.scrollTop) list.scrollTop = above;
  else if (below > list.scrollTop + list.clientHeight) list.scrollTop = below - list.clientHeight;
}

/** Opens the question so many places further down. */
function step(places) {
  const last = view.shown.length - 1;
  if (last < 0) return;
  const at = Math.max(0, view.shown.indexOf(view.selected));
  select(view.shown[Math.min(last, Math.max(0, at + places))]);
}

const listKeys = {
  ArrowDown: () => step(1), ArrowUp: () => step(-1), j: () => step(1), k: () => step(-1),
  PageDown: () => step(10), PageUp: () => step(-10), Home: () => step(-Infinity), End: () => step(Infinity),
};

function onListKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" || event.key === " ") {
    openDetail();
  } else if (listKeys[event.key]) {
    listKeys[event.key]();
    const chosen = view.selected && byId(optionId(view.selected));
    if (chosen) chosen.focus({ preventScroll: true });
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** Takes the reader to the open question; on a narrow page it stands below the list. */
function openDetail() {
  byId("detail").focus({ preventScroll: true });
  byId("detail").scrollIntoView({ block: "nearest" });
}

function buildFilter() {
  const usable = tracks.length > 1 ? filters : filters.filter((filter) => filter.name !== "disagree");
  for (const filter of tracks.length > 0 ? usable : []) {
    const input = element("input", { type: "radio", name: "filter", id: `filter-${filter.name}`, value: filter.name,
      checked: filter.name === "all", change: () => { view.filter = filter.name; refilter(); } });
    byId("filter").append(input, element("label", { for: `filter-${filter.name}` }, filter.label,
      element("span", { class: "tally" })));
  }
  byId("filter").hidden = tracks.length === 0;
}

/** How many questions each filter lets through, whatever is searched for. */
function tallyFilters() {
  for (const filter of filters) {
    const label = byId("filter").querySelector(`label[for="filter-${filter.name}"] .tally`);
    if (label) label.textContent = String(questions.filter(filter.passes).length);
  }
}

function buildTrackChoice() {
  if (tracks.length < 2) return;
  byId("judged-by").hidden = false;
  const choice = byId("track");
  choice.append(element("option", { value: "" }, "all modes together"));
  for (const track of tracks) choice.append(element("option", { value: track.index }, track.label));
  choice.addEventListener("change", () => {
    view.track = choice.value === "" ? null : Number(choice.value);
    tallyFilters();
    refilter();
  });
}

function buildList() {
  if (questions.length === 0) return;
  openSection("questions", "Questions");
  buildFilter();
  buildTrackChoice();
  tallyFilters();
  byId("search").addEventListener("input", (event) => { view.query = event.target.value; refilter(); });
  byId("search").addEventListener("keydown", (event) => {
    const chosen = view.selected && byId(optionId(view.selected));
    if ((event.key === "ArrowDown" || event.key === "Enter") && chosen) {
      chosen.focus({ preventScroll: true });
      event.preventDefault();
    }
  });
  byId("brushed").addEventListener("click", () => { view.brushed = null; tell("unbrushed"); refilter(); });
  byId("list").addEventListener("keydown", onListKey);
  listen("shown", drawList);
  listen("selected", markSelected);
  listen("selected", drawQuestion);
}
