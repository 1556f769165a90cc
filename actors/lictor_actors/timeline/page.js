// Draws DATA (see diagram.py): an overview of the whole run, and below it the window that was picked.
"use strict";
const COLOURS = {
  election: "var(--election)", leader: "var(--leads)", suspicion: "var(--suspicion)", refutation: "var(--refutation)",
  failure: "var(--failure)", crash: "var(--crash)", note: "#9ca3af",
};
const GROUPS = [
  ["faults", "faults"], ["election", "elections"], ["leader", "leaders"], ["suspicion", "suspicions"],
  ["refutation", "refutations"], ["failure", "declared failed or left"], ["crash", "crashes"], ["operation", "clients"],
  ["raft", "Raft's messages"], ["swim", "gossip"], ["rest", "requests"], ["note", "notes"],
];
const OFF_AT_FIRST = ["note"];
const LEFT = 108, RIGHT = 14, FOLD = 34, LABEL = 15, MESSAGES_MOST = 2500, STRUCK_MOST = 400, TEXT = 6.1;
const STEPS = [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];

const records = DATA.records.map((row) => Object.fromEntries(DATA.fields.map((name, i) =>
  [name, row[i] ?? (name === "to" || name === "node" ? -1 : name === "until" ? 0 : "")])));
for (const record of records) {
  record.kind = DATA.kinds[record.kind];
  record.group = record.kind === "message" ? ({ raft: "raft", swim: "swim" }[record.what.split(".")[0]] ?? "rest") : record.kind;
}
const faults = DATA.faults.map(([t, until, what, sides]) => ({ t, until, what, sides, nodes: sides.flat() }));
const view = { since: DATA.window[0], until: DATA.window[1], fold: true, find: "",
  on: Object.fromEntries(GROUPS.map(([name]) => [name, !OFF_AT_FIRST.includes(name)])) };

// -- building blocks -----------------------------------------------------------

function svg(name, attributes = {}, title = "", text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  if (title) made.appendChild(svg("title", {}, "", title));
  return made;
}

function html(name, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

const seconds = (t) => `${+t.toPrecision(6)} s`;
const lasted = (t) => (t < 1 ? `${+(1000 * t).toPrecision(3)} ms` : `${+t.toPrecision(3)} s`);
const short = (node) => node.split(".")[0];
const cut = (text, width) => (text.length * TEXT <= width ? text : width < 4 * TEXT ? "" : `${text.slice(0, width / TEXT - 1)}…`);
const wide = () => Math.max(640, document.documentElement.clientWidth);

function rows() {
  const wanted = view.find.split(/[\s,]+/).filter(Boolean);
  const all = DATA.nodes.map((_, number) => number);
  return wanted.length ? all.filter((number) => wanted.some((word) => DATA.nodes[number].includes(word))) : all;
}

// Puts bars with their labels (in them, right of them, or left where the page ends) into as few lines as they need.
function packed(items, x, most) {
  const lines = [], end = wide() - RIGHT;
  return items.flatMap((item) => {
    const from = x(item.t), to = Math.max(x(item.until || item.t), from + 3), room = item.label ? item.label * TEXT + 10 : 0;
    const inside = to - from > room, left = !inside && to + room > end;
    const taken = inside ? [from, to + 2] : left ? [from - room, to] : [from, to + room];
    let line = lines.findIndex((others) => others.every(([a, b]) => taken[1] <= a || b <= taken[0]));
    if (line < 0) line = lines.push([]) - 1;
    if (line >= most) return [];
    lines[line].push(taken);
    return [{ ...item, from, to, line, left, inside }];
  });
}

// -- time to pixels, quiet stretches folded ---------------------------------------

function scale(since, until, width, busy) {
  const pieces = [], quiet = (until - since) / 12;
  let from = since;
  for (const t of view.fold ? [...busy, until] : []) {
    if (t - from > quiet) pieces.push({ from, to: t, folded: true });
    else if (t > from) pieces.push({ from, to: t, folded: false });
    from = Math.max(from, t);
  }
  const joined = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last && !last.folded && !piece.folded) last.to = piece.to;
    else joined.push(piece);
  }
  if (!joined.some((piece) => !piece.folded)) joined.splice(0, joined.length, { from: since, to: until, folded: false });
  const folds = joined.filter((piece) => piece.folded).length;
  const shown = joined.reduce((sum, piece) => sum + (piece.folded ? 0 : piece.to - piece.from), 0);
  const perSecond = Math.max(width - folds * FOLD, width / 4) / (shown || 1);
  let at = LEFT;
  for (const piece of joined) {
    piece.at = at;
    piece.width = piece.folded ? FOLD : (piece.to - piece.from) * perSecond;
    at += piece.width;
  }
  const of = (t) => {
    const piece = joined.find((one) => t <= one.to) ?? joined.at(-1);
    return piece.at + piece.width * Math.min(1, Math.max(0, (t - piece.from) / (piece.to - piece.from || 1)));
  };
  return { of, pieces: joined, step: STEPS.find((step) => step * perSecond >= 64) ?? STEPS.at(-1) };
}

function ticks(x, height) {
  const lines = [], last = x.pieces.at(-1), end = last.at + last.width;
  let free = 0;
  for (const piece of x.pieces) {
    if (piece.folded) {
      lines.push(svg("rect", { class: "fold", x: piece.at, y: 0, width: piece.width, height }, `nothing for ${lasted(piece.to - piece.from)}`));
      lines.push(svg("text", { class: "dim", x: piece.at + piece.width / 2, y: height - 2, "text-anchor": "middle" }, "", lasted(piece.to - piece.from)));
      continue;
    }
    for (let n = Math.ceil(piece.from / x.step - 1e-9); n * x.step <= piece.to; n++) {
      const at = x.of(n * x.step);
      lines.push(svg("path", { class: "tick", d: `M${at} 14V${height}` }));
      const long = seconds(n * x.step).length * TEXT, left = Math.min(at + 2, end - long);  // not beyond the picture
      if (left < free) continue;
      lines.push(svg("text", { class: "dim", x: left, y: 11 }, "", seconds(n * x.step)));
      free = left + long + 6;
    }
  }
  return lines;
}

// -- the overview --------------------------------------------------------------

const OVERVIEW = { leader: 18, faults: 38, line: 13, lines: 4, suspicions: 26 };

function overview() {
  const width = wide(), span = width - LEFT - RIGHT, x = (t) => LEFT + (span * t) / DATA.end;
  const held = packed(faults.filter((one) => one.until > one.t).map((one) => ({ ...one, label: 0 })), x, OVERVIEW.lines);
  const lines = Math.max(1, ...held.map((one) => one.line + 1)), low = OVERVIEW.faults + lines * OVERVIEW.line;
  const height = low + OVERVIEW.suspicions + 18;
  const drawn = svg("svg", { height, viewBox: `0 0 ${width} ${height}` });
  for (const [y, name] of [[OVERVIEW.leader, "leader"], [OVERVIEW.faults, "faults"], [low + 4, "suspicions"]]) {
    drawn.append(svg("text", { class: "name", x: 10, y: y + 11 }, "", name));
  }
  drawn.append(...leadersOf(x), ...held.flatMap((one) => overviewFault(one, OVERVIEW.faults + one.line * OVERVIEW.line)));
  for (const one of faults.filter((fault) => !(fault.until > fault.t))) {
    drawn.append(svg("path", { class: "instant", d: `M${x(one.t)} ${OVERVIEW.faults - 3}V${low}` }, `${seconds(one.t)}  ${one.what}`));
  }
  drawn.append(...suspicions(x, low + OVERVIEW.suspicions));
  for (let n = 0, step = STEPS.find((one) => (one * span) / DATA.end >= 80) ?? STEPS.at(-1); n * step <= DATA.end; n++) {
    drawn.append(svg("text", { class: "dim", x: Math.min(x(n * step), width - RIGHT - seconds(n * step).length * TEXT), y: height - 4 },
      "", seconds(n * step)));
  }
  const brush = svg("rect", { class: "brush", y: 1, height: height - 16, x: x(view.since), width: Math.max(3, x(view.until) - x(view.since)) });
  drawn.append(brush);
  brushing(drawn, brush, (at) => Math.min(DATA.end, Math.max(0, ((at - LEFT) / span) * DATA.end)));
  return drawn;
}

function leadersOf(x) {
  return DATA.leads.flatMap(([node, since, until, what], number) => {
    const at = x(since), width = Math.max(2, x(until) - at), words = `${short(DATA.nodes[node])} ${what.replace("leads ", "")}`;
    const title = `${words}\n${seconds(since)} to ${seconds(until)}`;
    return [svg("rect", { class: `leads${number % 2 ? " odd" : ""}`, x: at, y: OVERVIEW.leader, width, height: 15 }, title),
      svg("text", { class: "white", x: at + 4, y: OVERVIEW.leader + 11, "pointer-events": "none" }, "", cut(words, width - 8))];
  });
}

// A partition says how many nodes are on each side.
function overviewFault(one, y) {
  const sides = one.sides.length > 1 ? one.sides.map((side) => side.length).join(" | ") : one.what.replace(/^f\d+ /, "");
  return [faultBar(one, y, 11), svg("text", { class: "white small", x: one.from + 3, y: y + 9, "pointer-events": "none" }, "",
    cut(sides, one.to - one.from - 4))];
}

function faultBar(one, y, height) {
  const words = `${one.what}\n${seconds(one.t)}${one.until > one.t ? `, held for ${lasted(one.until - one.t)}` : ""}`;
  return svg("rect", { class: "faultbar", x: one.from, y, width: one.to - one.from, height }, words);
}

function suspicions(x, base) {
  const width = 4, bars = new Map();
  for (const t of DATA.suspicions) {
    const at = Math.floor(x(t) / width) * width;
    bars.set(at, (bars.get(at) ?? 0) + 1);
  }
  const most = Math.max(1, ...bars.values());
  return [...bars].map(([at, count]) => svg("rect", { class: "suspected", x: at, width: width - 0.5,
    y: base - (20 * count) / most, height: (20 * count) / most }, `${count} suspicions`));
}

function brushing(drawn, brush, time) {
  drawn.onpointerdown = (event) => {
    const place = (moved) => ((moved.clientX - drawn.getBoundingClientRect().left) * wide()) / drawn.clientWidth;
    const from = place(event);
    drawn.setPointerCapture(event.pointerId);
    drawn.onpointermove = (moved) => {
      brush.setAttribute("x", Math.min(from, place(moved)));
      brush.setAttribute("width", Math.abs(place(moved) - from));
    };
    drawn.onpointerup = (moved) => {
      drawn.onpointermove = null;
      const [since, until] = [time(from), time(place(moved))].sort((a, b) => a - b);
      if (until - since > DATA.end / 2000) look(since, until);
    };
  };
}

// -- the window ----------------------------------------------------------------

function detail() {
  const within = (one) => one.t <= view.until && Math.max(one.t, one.until || 0) >= view.since;
  const lanes = rows(), place = new Map(lanes.map((number, row) => [number, row])), high = lanes.length > 40 ? 14 : lanes.length > 12 ? 20 : 30;
  let shown = records.filter((one) => within(one) && view.on[one.group] !== false && (place.has(one.node) || one.kind === "verdict"));
  const messages = shown.filter((one) => one.kind === "message" && place.has(one.to));
  const struck = messages.filter((one) => one.fate).length;
  const hidden = messages.length <= MESSAGES_MOST ? 0 : struck <= STRUCK_MOST ? messages.length - struck : messages.length;
  shown = shown.filter((one) => one.kind !== "message" || (place.has(one.to) && (!hidden || (one.fate && hidden < messages.length))));
  const inForce = view.on.faults ? faults.filter((one) => within(one) && (!one.nodes.length || one.nodes.some((node) => place.has(node)))) : [];
  const busy = [...shown.flatMap((one) => [one.t, one.until]), ...inForce.flatMap((one) => [one.t, one.until])]
    .filter((t) => t > view.since && t < view.until).sort((a, b) => a - b);
  const width = wide(), x = scale(view.since, view.until, width - LEFT - RIGHT, busy);
  const news = inForce.filter(isNews), told = packed(news.map((one) => ({ ...one, t: Math.max(one.t, view.since), label: Math.min(one.what.length, 60) })), x.of, 12);
  const lines = told.length ? Math.max(...told.map((one) => one.line)) + 1 : 0, top = 22 + lines * LABEL;
  const height = top + lanes.length * high + 20, y = (number) => top + (place.get(number) + 0.5) * high;
  const drawn = svg("svg", { height, viewBox: `0 0 ${width} ${height}` });
  drawn.append(...ticks(x, height));
  for (const number of lanes) {
    drawn.append(svg("path", { class: "row", d: `M${LEFT} ${y(number)}H${width - RIGHT}` }));
    drawn.append(svg("text", { class: "name", x: LEFT - 8, y: y(number) + 4, "text-anchor": "end" }, DATA.nodes[number], short(DATA.nodes[number])));
  }
  for (const one of inForce) drawn.append(...shade(one, x, place, y, high, lanes));
  for (const [css, spans, thick] of [["down", DATA.down, 0.5], ["leads", view.on.leader ? DATA.leads : [], 0.36]]) {
    for (const [node, since, until, what] of spans) {
      if (!place.has(node) || until < view.since || since > view.until) continue;
      const from = x.of(Math.max(since, view.since)), to = x.of(Math.min(until, view.until));
      drawn.append(svg("rect", { class: css, x: from, width: Math.max(1, to - from), y: y(node) - (high * thick) / 2, height: high * thick },
        `${DATA.nodes[node]} ${what}\n${seconds(since)} to ${seconds(until)}`));
    }
  }
  for (const one of told) {
    const at = 18 + one.line * LABEL;
    drawn.append(faultBar(one, at + 2, LABEL - 3));
    const side = one.inside ? one.from + 4 : one.left ? one.from - 5 : one.to + 5;
    drawn.append(svg("text", { class: one.inside ? "white" : "fault", x: side, y: at + 12, "text-anchor": one.left ? "end" : "start" },
      one.what, cut(one.what, one.label * TEXT + TEXT)));
  }
  for (const one of shown) drawn.append(...mark(one, x.of, y, high, place, height));
  const hint = [hidden && `${hidden} of ${messages.length} messages are hidden: pick a shorter time to see them`, DATA.leftOut && `${DATA.leftOut} messages were not kept in this file`,
    news.length > told.length && `${news.length - told.length} fault labels had no room`].filter(Boolean).join("; ");
  return [html("p", { className: "hint", textContent: hint }), drawn];
}

// What a fault does at once is told by the fault itself: "f3 kill a" and then "kill a".
function isNews(one) {
  return !faults.some((other) => other !== one && Math.abs(other.t - one.t) < 0.002 && other.what.endsWith(one.what) && other.what !== one.what);
}

function shade(one, x, place, y, high, lanes) {
  const hit = one.nodes.length ? one.nodes.filter((node) => place.has(node)) : lanes;
  const from = x.of(Math.max(one.t, view.since)), to = one.until > one.t ? x.of(Math.min(one.until, view.until)) : from;
  return hit.map((node) => (to > from
    ? svg("rect", { class: `shade${one.sides.length > 1 && one.sides[0].includes(node) ? " side" : ""}`, x: from, width: Math.max(1, to - from), y: y(node) - high / 2 + 1, height: high - 2 }, one.what)
    : svg("path", { class: "instant", d: `M${from} ${y(node) - high / 2}v${high}` }, `${seconds(one.t)}  ${one.what}`)));
}

function mark(one, x, y, high, place, height) {
  const who = one.node < 0 ? "" : `${one.role ? `${one.role}@` : ""}${DATA.nodes[one.node]}${one.to >= 0 ? ` > ${DATA.nodes[one.to]}` : ""}`;
  const title = [`${seconds(one.t)}  ${who}`, one.what, one.fate, one.until > one.t && `took ${lasted(one.until - one.t)}`,
    one.cause && `cause ${one.cause}`].filter(Boolean).join("\n");
  const at = x(Math.max(one.t, view.since));
  if (one.kind === "verdict") return [svg("path", { class: "verdict", d: `M${at} 14V${height}` }, title)];
  if (one.kind === "message") return message(one, at, x, y, high, title);
  if (one.kind === "operation") {
    const width = one.until ? Math.max(2, x(one.until) - at) : 4;
    return [svg("rect", { class: `op${one.until ? "" : " open"}`, x: at, width, y: y(one.node) + high * 0.22, height: Math.max(3, high * 0.16) }, title)];
  }
  return [svg("circle", { class: "mark", cx: at, cy: y(one.node), r: Math.min(5, high / 3), fill: COLOURS[one.kind] ?? "#9ca3af" }, title)];
}

function message(one, at, x, y, high, title) {
  if (one.node === one.to) return [];
  const from = y(one.node), to = y(one.to);
  if (one.until) {
    return [svg("path", { class: `m ${one.fate || one.group}`, d: `M${at} ${from}L${x(one.until)} ${to}` }, title)];
  }
  const side = Math.sign(to - from) * high * 0.45;
  return [svg("path", { class: "m gone", d: `M${at} ${from}l6 ${side}m-3 -3l6 6m0 -6l-6 6` }, title)];
}

// -- the page ------------------------------------------------------------------

function look(since, until) {
  const least = DATA.end / 1e5;
  view.since = Math.max(0, Math.min(since, DATA.end - least));
  view.until = Math.min(DATA.end, Math.max(until, view.since + least));
  redraw();
}

function redraw() {
  document.querySelector(".overview").replaceChildren(overview());
  document.querySelector(".detail").replaceChildren(...detail());
  document.querySelector("#window").textContent = `${seconds(view.since)} to ${seconds(view.until)} of ${seconds(DATA.end)}`;
}

function tools() {
  const find = html("input", { type: "search", placeholder: "nodes: server, agent-7", oninput: () => { view.find = find.value; redraw(); } });
  const fold = html("input", { type: "checkbox", checked: true, onchange: () => { view.fold = fold.checked; redraw(); } });
  const present = new Set([...records.map((one) => one.group), "faults"]);
  const chips = GROUPS.filter(([name]) => present.has(name)).map(([name, words]) => {
    const box = html("input", { type: "checkbox", checked: view.on[name], onchange: () => { view.on[name] = box.checked; redraw(); } });
    const dot = html("span", { textContent: COLOURS[name] ? "●" : "" });
    dot.style.color = COLOURS[name] ?? "";
    return html("label", {}, box, dot, words);
  });
  const middle = () => (view.since + view.until) / 2, half = () => (view.until - view.since) / 2;
  return html("div", { className: "tools" }, find, html("label", {}, fold, "fold what is quiet"),
    html("button", { textContent: "−", title: "zoom out", onclick: () => look(middle() - 2 * half(), middle() + 2 * half()) }),
    html("button", { textContent: "+", title: "zoom in", onclick: () => look(middle() - half() / 2, middle() + half() / 2) }),
    html("button", { textContent: "whole run", onclick: () => look(0, DATA.end) }), ...chips);
}

document.querySelector("#page").replaceChildren(
  html("header", {}, html("h1", { textContent: DATA.title }), html("p", { id: "window" }),
    html("p", { textContent: "Drag over the overview to pick a part of the run. Point at anything to read it." })),
  tools(), html("div", { className: "overview" }), html("div", { className: "detail" }));
addEventListener("resize", redraw);
addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const share = (event.clientX - LEFT) / (wide() - LEFT - RIGHT), at = view.since + share * (view.until - view.since);
  const factor = event.deltaY < 0 ? 0.7 : 1.4;
  look(at - (at - view.since) * factor, at + (view.until - at) * factor);
}, { passive: false });
redraw();
