// Makes objects of the compact form that inspect/report/page_data.h describes.

const packed = JSON.parse(byId("data").textContent);
const textAt = (index) => (index < 0 ? null : packed.texts[index]);

const runs = packed.runs;

/** Columns of the comparison. A run's name is part of the label only where the mode does not tell tracks apart. */
const tracks = packed.tracks.map(([run, mode], index) => {
  const isAlone = packed.tracks.filter((other) => other[1] === mode).length === 1;
  return { index, run, mode, label: isAlone ? mode : `${mode} (${shortName(run)})` };
});

/** The end of a run's path, with as many folders as it takes to be unlike the others; its number if nothing does. */
function shortName(run) {
  if (runs.filter((other) => other.name === runs[run].name).length > 1) return `run ${run + 1}`;
  const parts = (name) => name.replace(/\/+$/, "").split("/");
  const own = parts(runs[run].name);
  for (let taken = 1; taken < own.length; ++taken) {
    const tail = own.slice(-taken).join("/");
    const isUnlike = runs.every((other, i) => i === run || parts(other.name).slice(-taken).join("/") !== tail);
    if (isUnlike) return tail;
  }
  return own.join("/");
}

const truth = (value) => (value < 0 ? null : value === 1);

function unpackedStep([text, isView, probability, entropy, stop = null, cosine = null, norm = null]) {
  return { text: textAt(text), isView: isView === 1, probability, entropy, stop, cosine, norm };
}

function unpackedTrajectory([track, answer, right, valid, stop, steps, cost]) {
  const [passes, tokens, gflops, prefillGflops, prefillMs, reasoningMs, decodingMs] = cost;
  return {
    track, answer: textAt(answer), right: truth(right), valid: truth(valid), stop, steps: steps.map(unpackedStep),
    cost: { passes, tokens, gflops, prefillGflops, prefillMs, reasoningMs, decodingMs,
      ms: prefillMs + reasoningMs + decodingMs },
  };
}

function unpackedCell([text, probability, entropy, cosine, agrees]) {
  return { text: textAt(text), probability, entropy, cosine, agrees: agrees === 1 };
}

const unpackedLensStep = ([text, settled, layers]) =>
  ({ text: textAt(text), settled, layers: layers.map(unpackedCell) });

const unpackedLens = ([run, answer, steps]) =>
  ({ run, answer: textAt(answer), steps: steps.map(unpackedLensStep) });

/** The story and what is asked about it: the last sentence is what tells questions apart in a list. */
function parted(text) {
  const whole = text.trim();
  let at = whole.length - 1;
  while (at > 0 && ".!?".includes(whole[at])) --at;
  const endsSentence = (i) => whole[i] === "\n" || (/\s/.test(whole[i]) && ".!?:".includes(whole[i - 1]));
  while (at > 0 && !endsSentence(at)) --at;
  return { story: whole.slice(0, at).trim(), asked: whole.slice(at).trim() };
}

function unpackedQuestion([id, text, trueAnswer, trajectories, lenses], index) {
  const question = { index, id, text, ...parted(text), trueAnswer: textAt(trueAnswer),
    trajectories: trajectories.map(unpackedTrajectory).sort((a, b) => a.track - b.track),
    lenses: lenses.map(unpackedLens) };
  question.byTrack = new Map(question.trajectories.map((trajectory) => [trajectory.track, trajectory]));
  question.disagrees = disagrees(question.trajectories);
  return question;
}

/** Do the answers, or what was judged of them, differ? */
function disagrees(trajectories) {
  const answers = new Set(trajectories.map((t) => (t.answer === null ? null : t.answer.trim().toLowerCase())));
  const verdicts = new Set(trajectories.map((t) => t.right));
  return answers.size > 1 || verdicts.size > 1;
}

const questions = packed.questions.map(unpackedQuestion);

/** Everything of a question that a search looks at. */
function searchable(question) {
  if (question.searchable === undefined) {
    const texts = [question.text, question.trueAnswer];
    for (const trajectory of question.trajectories) {
      texts.push(trajectory.answer, ...trajectory.steps.map((step) => step.text));
    }
    for (const lens of question.lenses) texts.push(lens.answer, ...lens.steps.map((one) => one.text));
    question.searchable = texts.filter((text) => text).join("\n").toLowerCase();
  }
  return question.searchable;
}

/** How all modes together did, or one of them: true, false, or null where nothing was judged. */
function outcome(question, track = null) {
  if (track !== null) return question.byTrack.has(track) ? question.byTrack.get(track).right : null;
  const judged = question.trajectories.map((t) => t.right).filter((right) => right !== null);
  return judged.length === 0 ? null : judged.every((right) => right);
}

const outcomeName = (right) => (right === null ? "not judged" : right ? "right" : "wrong");
const outcomeClass = (right) => (right === null ? "unknown" : right ? "right" : "wrong");

/** The shape of an outcome, told apart without colour: a disc, a cross, a ring. */
function mark(right, title = null) {
  const shape = right === null ? drawing("circle", { cx: 6, cy: 6, r: 3.5, class: "mark-ring" })
    : right ? drawing("circle", { cx: 6, cy: 6, r: 4.25, class: "mark-disc" })
      : drawing("path", { d: "M2.5 2.5l7 7m0-7l-7 7", class: "mark-cross" });
  return drawing("svg", { class: `mark ${outcomeClass(right)}`, viewBox: "0 0 12 12", "aria-hidden": "true" },
    title === null ? null : drawing("title", {}, title), shape);
}
