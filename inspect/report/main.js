// Builds the page, and what belongs to all of it: theme, keys, print.

const themes = ["system", "light", "dark"];
const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

/** Pages from disk may not be allowed to remember: then the system's theme it is. */
function remembered() {
  try {
    return themes.includes(localStorage.getItem("noema-theme")) ? localStorage.getItem("noema-theme") : "system";
  } catch {
    return "system";
  }
}

function remember(theme) {
  try {
    localStorage.setItem("noema-theme", theme);
  } catch {
    // nothing is lost but the choice
  }
}

let theme = remembered();

function applyTheme() {
  const isDark = theme === "dark" || (theme === "system" && systemIsDark.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  byId("theme").textContent = `Theme: ${theme}`;
  byId("theme").setAttribute("aria-label", `Theme: ${theme}. Press to change.`);
}

function nextTheme() {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  remember(theme);
  applyTheme();
}

/** Keys that work anywhere but where text is typed or something with keys of its own has the focus. */
function onPageKey(event) {
  const at = event.target;
  const isTyping = at instanceof HTMLInputElement || at instanceof HTMLSelectElement;
  if (event.defaultPrevented || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (questions.length === 0) return;
  if (event.key === "/") {
    byId("search").focus();
  } else if (event.key === "j" || event.key === "k") {
    step(event.key === "j" ? 1 : -1);
  } else {
    return;
  }
  event.preventDefault();
}

/** Paper has no triangles to press: everything is open while the page is printed. */
function printAll() {
  const closed = [];
  window.addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details:not([open])")) {
      one.open = true;
      closed.push(one);
    }
  });
  window.addEventListener("afterprint", () => {
    for (const one of closed.splice(0)) one.open = false;
  });
}

function subtitle() {
  const parts = [plural(runs.length, "run")];
  if (questions.length > 0) parts.push(plural(questions.length, "question"));
  const modes = [...new Set(tracks.map((track) => track.mode))];
  if (modes.length > 0) parts.push(modes.join(", "));
  const models = [...new Set(runs.map((run) => run.run.model).filter((model) => model))];
  if (models.length === 1) parts.push(models[0]);
  byId("subtitle").textContent = parts.join(" · ");
}

applyTheme();
byId("theme").addEventListener("click", nextTheme);
systemIsDark.addEventListener("change", applyTheme);
document.addEventListener("keydown", onPageKey);
subtitle();
buildSummary();
buildList();
buildMap();
buildResults();
buildProbes();
buildRuns();
refilter();
printAll();
document.documentElement.dataset.ready = "true";
