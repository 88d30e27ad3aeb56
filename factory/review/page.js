"use strict";
// One example at a time; every action is saved immediately. Texts are inserted as text, never as HTML.
const deck = JSON.parse(document.getElementById("deck").textContent);
const KEY = `docstill:${deck.run}:${deck.sample}`;
const KINDS = [["wrong", "Wrong"], ["not_in_source", "Not in the source"], ["unclear", "Unclear question"], ["wrong_label", "Wrong label"], ["wording", "Badly worded"], ["other", "Other"]];
const SAID = { accept: "accepted", reject: "rejected", fix: "fixed", skip: "skipped" };
const IDLE = 120; // seconds without a key press or click, after which nobody is assumed to read
const byId = (id) => document.getElementById(id);
const state = { reviewer: "", verdicts: {}, undo: [], at: 0, ...stored() };
let shown = []; // indexes of the cards that match filter and search
let touched = performance.now(), spent = 0, prior = 0; // for the example on screen; prior: seconds spent on it before

function stored() {
  try { return JSON.parse(localStorage.getItem(KEY)) || {}; } catch { return {}; }
}
function keep() {
  try { localStorage.setItem(KEY, JSON.stringify(state)); } catch { warn("This browser does not let the page save your verdicts. Export them before you close it."); }
}
function warn(sentence) { byId("warning").textContent = sentence; byId("warning").hidden = false; }
function tell(sentence) { byId("told").textContent = sentence; }

// Nodes
function node(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...inside.filter((one) => one !== null));
  return made;
}
// Offsets count code points, but JavaScript strings count UTF-16 units, so split the text by code points.
function marked(text, marks) {
  const points = Array.from(text), found = [];
  let place = 0;
  for (const [start, end] of marks) {
    found.push(points.slice(place, start).join(""), node("mark", {}, points.slice(start, end).join("")));
    place = end;
  }
  return [...found, points.slice(place).join("")];
}

// Display
const card = () => deck.cards[state.at];
const verdictOf = (one) => state.verdicts[one.id];
function passes(one) {
  const filter = byId("show").value, said = verdictOf(one);
  const wanted = filter === "all" || (filter === "open" && !said) || (filter === "second" && one.second) || (said && said.verdict === filter)
    || filter === `task:${one.task}` || filter === `document:${one.document}`;
  const words = byId("find").value.trim().toLowerCase();
  return wanted && (!words || `${one.instruction}\n${one.response}\n${one.document}\n${one.id}`.toLowerCase().includes(words));
}
function sift() {
  shown = deck.cards.map((one, place) => [one, place]).filter(([one]) => passes(one)).map(([, place]) => place);
  byId("found").textContent = shown.length === deck.cards.length ? "" : `${shown.length} shown`;
}
function head(one) {
  const where = [one.document, ...(one.headings || [])], path = node("p", { class: "place" }, node("b", { dir: "auto" }, where[0]));
  for (const heading of where.slice(1)) path.append(" › ", node("span", { dir: "auto" }, heading));
  if (one.page) path.append(` · page ${one.page}`);
  const tags = [one.task, ...(one.second ? ["read by two"] : [])].map((tag) => node("span", {}, tag));
  const said = verdictOf(one);
  const told = said && SAID[said.verdict] ? node("p", { class: `state ${said.verdict}` }, `You ${SAID[said.verdict]} it${said.kind ? `: ${KINDS.find(([key]) => key === said.kind)[1].toLowerCase()}` : ""}${said.reason ? ` (${said.reason})` : ""}.`) : null;
  return [path, node("div", { class: "tags" }, ...tags), told];
}
function answers(one, said) {
  if (said && said.verdict === "fix") return [node("dd", { class: "answer", dir: "auto" }, node("del", { dir: "auto" }, one.response), "\n", said.fixed)];
  return [node("dd", { class: "answer", dir: "auto" }, one.response)];
}
function judgedBy(one) {
  const verdicts = one.said.map((v) => node("li", {}, `${v.filter}: ${v.passed ? "passed" : "rejected"}${v.reason ? `. ${v.reason}` : ""}${v.score === null ? "" : ` (score ${Number(v.score.toPrecision(3))})`}`));
  const earlier = one.tried.map((t) => node("li", { dir: "auto" }, `Earlier attempt: ${t.instruction} ${t.response} — ${t.reason}`));
  return node("details", {}, node("summary", {}, "Filter verdicts"), node("ul", {}, ...verdicts, ...earlier));
}
function draw(focus = true) {
  close();
  const one = card(), main = byId("card");
  if (!shown.length || !one) {
    main.replaceChildren(node("p", { class: "sheet" }, "Nothing matches. Change the filter or the search above."));
    byId("actions").hidden = true;
    return;
  }
  byId("actions").hidden = false;
  const number = node("h2", { class: "spoken" }, `Example ${state.at + 1} of ${deck.cards.length}`);
  main.replaceChildren(number, ...(deck.kind === "compare" ? pair(one) : example(one)));
  for (const button of byId("actions").querySelectorAll("[data-said]")) button.setAttribute("aria-pressed", String(verdictOf(one)?.verdict === button.dataset.said));
  touched = performance.now(); spent = 0; prior = verdictOf(one)?.seconds || 0;
  progress();
  if (focus) { main.focus({ preventScroll: true }); scrollTo(0, 0); }
}
function example(one) {
  return [...head(one).filter(Boolean),
    node("dl", { class: "sheet" }, node("dt", {}, "Question"), node("dd", { dir: "auto" }, one.instruction), node("dt", {}, "Answer"), ...answers(one, verdictOf(one))),
    node("section", { class: "sheet", "aria-label": "Source" }, node("div", { class: "source", dir: "auto" }, ...marked(one.chunk, one.marks)),
      ...one.missing.map((quote) => node("p", { class: "missing", dir: "auto" }, `Quoted, but not in the document: “${quote}”`))),
    judgedBy(one)];
}
function progress() {
  const counts = { accept: 0, reject: 0, fix: 0, skip: 0, rate: 0 };
  for (const one of deck.cards) { const said = verdictOf(one); if (said && (said.verdict !== "rate" || whole(said))) counts[said.verdict] += 1; }
  const done = counts.accept + counts.reject + counts.fix + counts.rate;
  const each = Object.values(state.verdicts).map((said) => said.seconds || 0).filter(Boolean).sort((a, b) => a - b);
  const pace = each.length ? `, ${Math.round(each[Math.floor(each.length / 2)])} s each` : "";
  byId("count").textContent = deck.kind === "compare" ? `${state.at + 1} / ${deck.cards.length} · ${done} rated${pace}` : `${state.at + 1} / ${deck.cards.length} · ${done} judged: ${counts.accept} accepted, ${counts.reject} rejected, ${counts.fix} fixed, ${counts.skip} skipped${pace}`;
  const track = byId("track");
  track.setAttribute("aria-valuenow", done); track.setAttribute("aria-valuemax", deck.cards.length);
  track.firstElementChild.style.width = `${100 * done / deck.cards.length}%`;
}

// Actions
function seconds() {
  if (!document.hidden) spent += Math.min(performance.now() - touched, IDLE * 1000);
  return Math.round(spent / 100) / 10;
}
function touch() {
  const now = performance.now();
  spent += Math.min(now - touched, IDLE * 1000); touched = now;
}
function say(verdict, more = {}) {
  if (!named()) return;
  const one = card(), before = verdictOf(one) || null;
  state.undo.push([state.at, one.id, before]);
  state.undo.splice(0, state.undo.length - 200);
  state.verdicts[one.id] = { verdict, kind: "", reason: before?.reason && !("reason" in more) ? before.reason : "", fixed: "", judged: one.judged, seconds: seconds() + prior, ...more };
  tell(`${SAID[verdict] || "rated"}`);
  const next = shown[shown.indexOf(state.at) + 1];
  if (next !== undefined) state.at = next;
  else tell(`${SAID[verdict] || "rated"}; that was the last one shown. Export when you are done.`);
  keep(); draw();
}
function undo() {
  const last = state.undo.pop();
  if (!last) return tell("Nothing to undo.");
  const [place, id, before] = last;
  if (before) state.verdicts[id] = before; else delete state.verdicts[id];
  state.at = place;
  keep(); sift(); draw(); tell("Undone.");
}
function go(step) {
  const here = shown.indexOf(state.at);
  const there = here < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, here + step));
  if (shown[there] !== undefined) { state.at = shown[there]; keep(); draw(); }
}
function named() {
  const field = byId("reviewer");
  if (state.reviewer.trim()) return true;
  field.classList.add("missing"); field.focus(); tell("Enter your name first.");
  warn("Enter your name first; your verdicts are stored under it.");
  return false;
}

// Panels: a reason, a correction, a note
function close() { const panel = byId("panel"); panel.hidden = true; panel.replaceChildren(); panel.onsubmit = null; }
function open(submit, ...inside) {
  const panel = byId("panel");
  panel.replaceChildren(...inside);
  panel.onsubmit = (event) => { event.preventDefault(); submit(panel); };
  panel.hidden = false;
  (panel.querySelector("input, select, textarea, button"))?.focus();
}
function why() {
  if (!named()) return;
  const old = verdictOf(card());
  const note = node("input", { name: "reason", id: "why-note", dir: "auto", value: old?.reason || "" });
  const pick = (kind) => say("reject", { kind, reason: note.value.trim() });
  const choices = KINDS.map(([kind, words], place) => node("button", { type: "button", "data-kind": kind, "aria-keyshortcuts": String(place + 1), onclick: () => pick(kind) }, words, node("kbd", {}, String(place + 1))));
  open(() => pick("other"), node("fieldset", {}, node("legend", {}, "Rejected, because it is"), node("div", { class: "choices" }, ...choices),
    node("label", { class: "field", for: "why-note" }, "Optional: explain it in your own words first, then choose a reason above. The teacher receives your text.", note)));
  byId("panel").querySelector("button").focus();
}
function fix() {
  if (!named()) return;
  const one = card(), shape = deck.tasks[one.task] || {}, before = verdictOf(one)?.fixed || one.response;
  const [fields, read] = shape.labels?.length ? menu(shape, before) : shape.answer && object(before) ? form(shape.answer, object(before)) : area(before);
  const wrong = node("p", { class: "missing", role: "alert" });
  open(() => {
    try {
      const fixed = read();
      if (fixed === one.response) { wrong.textContent = "The answer is unchanged. Change it, or cancel and accept it."; return; }
      if (!fixed.trim()) { wrong.textContent = "The answer is empty. Write one, or cancel and reject it."; return; }
      say("fix", { fixed });
    } catch (error) { wrong.textContent = error.message; }
  }, node("fieldset", {}, node("legend", {}, "The right answer"), ...fields), wrong,
    node("div", { class: "choices" }, node("button", { class: "strong" }, "Save", node("kbd", {}, "Ctrl ⏎")), node("button", { type: "button", onclick: () => draw() }, "Cancel", node("kbd", {}, "Esc"))));
}
function object(text) {
  try { const found = JSON.parse(text); return found && typeof found === "object" && !Array.isArray(found) ? found : null; } catch { return null; }
}
function area(text) {
  const field = node("textarea", { dir: "auto", "aria-label": "The right answer" });
  field.value = text;
  return [[field], () => field.value.trim()];
}
function menu(shape, text) {
  const choice = node("select", { "aria-label": "The right label" }, ...shape.labels.map((label, place) => node("option", { value: label, selected: label === text.trim() }, shape.definitions[place] ? `${label}: ${shape.definitions[place]}` : label)));
  return [[choice], () => choice.value];
}
function form(schema, value) {
  const asked = Object.entries(schema.properties).map(([name, part]) => fieldOf(name, part, value[name] ?? null, schema));
  return [asked.map(([field]) => field), () => JSON.stringify(Object.fromEntries(asked.map(([, name, read]) => [name, read()])))];
}
function plain(part, schema) { // without the null of an absent field, and with references resolved
  const some = (part.anyOf || [part]).find((one) => one.type !== "null") || part;
  return some.$ref ? schema.$defs[some.$ref.split("/").pop()] : some;
}
function fieldOf(name, part, value, schema) {
  const kind = plain(part, schema);
  if (kind.properties) {
    const inner = Object.entries(kind.properties).map(([own, its]) => fieldOf(own, its, value?.[own] ?? null, schema));
    const whole = node("fieldset", {}, node("legend", {}, name), ...inner.map(([field]) => field));
    return [whole, name, () => { const read = Object.fromEntries(inner.map(([, own, its]) => [own, its()])); return Object.values(read).every((one) => one === null) ? null : read; }];
  }
  if (kind.enum) {
    const choice = node("select", {}, node("option", { value: "" }, "not stated"), ...kind.enum.map((one) => node("option", { value: one, selected: one === value }, one)));
    return [node("label", { class: "field" }, name, choice), name, () => choice.value || null];
  }
  const listed = kind.type === "array", nested = listed && (plain(kind.items || {}, schema).properties || value?.some?.((one) => typeof one === "object"));
  const field = node(listed ? "textarea" : "input", { dir: "auto", placeholder: "not stated" });
  field.value = value === null ? "" : nested ? JSON.stringify(value) : listed ? value.join("\n") : String(value);
  const hint = nested ? `${name} (as JSON)` : listed ? `${name} (one a line)` : name;
  return [node("label", { class: "field" }, hint, field), name, () => written(name, field.value.trim(), kind, nested)];
}
function written(name, text, kind, nested) {
  if (!text) return null;
  if (nested) { try { return JSON.parse(text); } catch { throw new Error(`${name}: is not JSON.`); } }
  if (kind.type === "array") return text.split("\n").map((one) => one.trim()).filter(Boolean);
  if (kind.type === "number" || kind.type === "integer") {
    if (!/^-?\d+(\.\d+)?$/.test(text) || (kind.type === "integer" && text.includes("."))) throw new Error(`${name}: must be a number such as 1200.50, without separators.`);
    return Number(text);
  }
  if (kind.type === "boolean") return /^(true|yes|1)$/i.test(text);
  return text;
}
function note() {
  if (!named()) return;
  const said = verdictOf(card());
  if (!said) return tell("Judge the example first; a note belongs to a verdict.");
  const field = node("textarea", { dir: "auto", "aria-label": "Note" });
  field.value = said.reason;
  open(() => { state.undo.push([state.at, card().id, { ...said }]); said.reason = field.value.trim(); keep(); draw(); }, field,
    node("div", { class: "choices" }, node("button", { class: "strong" }, "Save", node("kbd", {}, "Ctrl ⏎"))));
}

// Two answers side by side, blind
function pair(one) {
  const axes = (side) => node("div", { class: "axes" }, ...deck.axes.map((axis) => node("fieldset", {}, node("legend", {}, axis),
    ...[1, 2, 3, 4, 5].map((mark) => node("label", {}, node("input", { type: "radio", name: `${side}:${axis}`, value: mark, checked: verdictOf(one)?.[side]?.[axis] === mark, onchange: () => rate(one, side, axis, mark) }), ` ${mark}`)))));
  const side = (name, text) => node("section", { class: "sheet", "aria-label": `Answer ${name}` }, node("h3", {}, `Answer ${name}`), node("p", { dir: "auto" }, text || "(empty)"), axes(name));
  return [...head(one).filter(Boolean),
    node("dl", { class: "sheet" }, node("dt", {}, "Question"), node("dd", { dir: "auto" }, one.instruction), ...(one.reference ? [node("dt", {}, "Right answer"), node("dd", { dir: "auto" }, one.reference)] : [])),
    node("div", { class: "sides" }, side("A", one.a), side("B", one.b))];
}
function rate(one, side, axis, mark) {
  if (!named()) return draw();
  const said = state.verdicts[one.id] || { verdict: "rate", A: {}, B: {}, seconds: 0 };
  said[side] = { ...said[side], [axis]: mark };
  said.seconds = seconds() + prior;
  state.verdicts[one.id] = said;
  keep(); progress();
}
const whole = (said) => ["A", "B"].every((side) => deck.axes.every((axis) => said[side]?.[axis]));

// Export and import
function exported() {
  const done = deck.cards.filter((one) => { const said = verdictOf(one); return said && said.verdict !== "skip" && (said.verdict !== "rate" || whole(said)); });
  return { docstill: deck.kind === "compare" ? "comparison" : "review", version: 1, run: deck.run, sample: deck.sample, reviewer: state.reviewer.trim(), verdicts: done.map((one) => ({ id: one.id, ...verdictOf(one) })) };
}
function save() {
  if (!named()) return;
  const text = JSON.stringify(exported(), null, 1);
  const link = node("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: `review-${deck.run}-${state.reviewer.trim().replace(/[^\p{L}\p{N}]+/gu, "-")}.json` });
  document.body.append(link); link.click(); link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  tell(`Exported ${exported().verdicts.length} verdicts.`);
}
async function load(file) {
  try {
    const found = JSON.parse(await file.text());
    if (found.sample !== deck.sample) throw new Error("it belongs to another sample");
    state.reviewer = found.reviewer; byId("reviewer").value = found.reviewer;
    for (const { id, ...said } of found.verdicts) state.verdicts[id] = said;
    keep(); sift(); draw(); tell(`Loaded ${found.verdicts.length} verdicts.`);
  } catch (error) { warn(`${file.name}: can't be loaded (${error.message}). Choose a file that this page exported.`); }
}

// Keys
const ACTIONS = [["a", "Accept", () => say("accept"), "accept"], ["r", "Reject", why, "reject"], ["f", "Fix", fix, "fix"], ["s", "Skip", () => say("skip"), "skip"], ["u", "Undo", undo], ["n", "Note", note], ["k", "Back", () => go(-1)], ["j", "Next", () => go(1)]];
const compared = ACTIONS.filter(([key]) => "jk".includes(key));
const actions = deck.kind === "compare" ? compared : ACTIONS;
const MORE = { ArrowLeft: () => go(-1), ArrowRight: () => go(1), e: save, "/": () => byId("find").focus(), "?": () => byId("keys").showModal() };
function pressed(event) {
  const field = event.target.closest("input:not([type=radio]), textarea, select");
  if (event.key === "Escape") { if (byId("keys").open) return; if (field?.id === "find") field.value = "", sift(); return draw(); }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !byId("panel").hidden) { event.preventDefault(); return byId("panel").requestSubmit(); }
  if (event.target.type === "radio" && event.key.startsWith("Arrow")) return; // arrow keys choose the mark
  if (field || event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
  const kind = !byId("panel").hidden && byId("panel").querySelector(`[aria-keyshortcuts="${CSS.escape(event.key)}"]`);
  const act = kind ? () => kind.click() : (actions.find(([key]) => key === event.key.toLowerCase()) || [])[2] || MORE[event.key];
  if (act && (shown.length || ["/", "e", "?", "u"].includes(event.key))) { event.preventDefault(); act(); }
}
function begin() {
  byId("actions").append(...actions.flatMap(([key, words, act, said]) => [...(key === "u" ? [node("span", { class: "gap" })] : []), node("button", { type: "button", class: said, "data-said": said, "aria-keyshortcuts": key, onclick: act }, words, node("kbd", {}, key.toUpperCase()))]));
  const told = [...actions.map(([key, words]) => [key.toUpperCase(), words]), ["← →", "Back, next"], [deck.kind === "compare" ? "Tab" : "1 – 6", deck.kind === "compare" ? "To the next axis; arrows choose the mark" : "The reason, after R"], ["Ctrl ⏎", "Save a correction or note"], ["Esc", "Close, clear the search"], ["/", "Search"], ["E", "Export"], ["?", "This"]];
  byId("keys").querySelector("dl").append(...told.flatMap(([key, words]) => [node("dt", {}, node("kbd", {}, key)), node("dd", {}, words)]));
  const count = (key) => [...new Set(deck.cards.map((one) => one[key]))];
  const groups = (label, key) => { const found = count(key); return found.length > 1 && found.length <= 200 ? [node("optgroup", { label }, ...found.map((one) => node("option", { value: `${key}:${one}` }, one)))] : []; };
  byId("show").append(...[["all", "all"], ["open", "not yet judged"], ...(deck.kind === "compare" ? [] : [["second", "read by two"]]), ...(deck.kind === "compare" ? [] : Object.entries(SAID))].map(([value, words]) => node("option", { value }, words)), ...groups("Task", "task"), ...groups("Document", "document"));
  byId("reviewer").value = state.reviewer;
  byId("reviewer").addEventListener("input", (event) => { state.reviewer = event.target.value; event.target.classList.remove("missing"); byId("warning").hidden = true; keep(); });
  for (const [id, kind] of [["show", "change"], ["find", "input"]]) byId(id).addEventListener(kind, () => { sift(); if (!shown.includes(state.at) && shown.length) state.at = shown[0]; draw(false); });
  byId("save").addEventListener("click", save);
  byId("help").addEventListener("click", () => byId("keys").showModal());
  byId("load").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", (event) => event.target.files[0] && load(event.target.files[0]));
  document.addEventListener("keydown", (event) => { touch(); pressed(event); });
  document.addEventListener("pointerdown", touch);
  document.addEventListener("visibilitychange", () => { if (document.hidden) touch(); else touched = performance.now(); });
  state.at = Math.min(state.at, deck.cards.length - 1);
  sift(); draw(Boolean(state.reviewer));
}
begin();
