"use strict";
// The list of trials: filters, search, keyboard; what is shown of a trial is in detail.js.

window.starbench = window.starbench || {};
(() => {
  const $ = (id) => document.getElementById(id);
  const list = $("list"), count = $("count"), form = $("filters");
  const trials = [];
  const items = [];
  const details = [];
  const loading = new Map();
  const replies = new Map();
  let index = null, shown = [], chosen = -1, needle = "", searches = 0;

  // --- data -----------------------------------------------------------------------------------

  const load = (name) => {
    if (!loading.has(name)) {
      loading.set(name, new Promise((resolve) => {
        const script = document.createElement("script");
        script.src = `data/${name}.js`;
        script.addEventListener("load", () => resolve(true));
        script.addEventListener("error", () => resolve(false));
        document.head.append(script);
      }));
    }
    return loading.get(name);
  };

  const page = (number) => String(number).padStart(3, "0");
  const detailOf = async (item) => {
    const name = `detail-${page(Math.floor(item / index.perDetail))}`;
    await load(name);
    return details[item];
  };

  starbench.index = (data) => {
    index = data;
  };
  starbench.list = (number, some, rows) => {
    some.forEach(([suite, id, task, part, level, unit, isCatch], k) => {
      const item = number * index.perList + k;
      items[item] = { suite, id, task, part, level, unit, isCatch: Boolean(isCatch) };
      rows[k].forEach(([run, condition, rotation, outcome, chose, right], n) => {
        trials.push({ item, n, run, condition, rotation, outcome, chose, right, isRight: chose === right, order: trials.length });
      });
    });
  };
  starbench.detail = (number, some) => {
    some.forEach((one, k) => {
      details[number * index.perDetail + k] = one;
    });
  };
  starbench.reply = (name, text) => replies.set(name, text);
  starbench.longReply = async (name) => {
    await load(`reply-${name}`);
    return replies.get(name);
  };

  // --- filters --------------------------------------------------------------------------------

  const option = (value, text) => {
    const node = document.createElement("option");
    node.value = value;
    node.textContent = text;
    return node;
  };
  const fill = (id, names) => {
    const field = $(id);
    names.forEach((name, k) => field.append(option(String(k), name || "(none)")));
    if (names.length < 2) field.closest(".field").hidden = true;
  };
  const levelName = (item) => {
    if (item.isCatch) return "catch trial";
    return item.level === null ? "" : `${item.level} ${index.units[item.unit]}`.trim();
  };
  const fillLevels = () => {
    const part = $("f-part").value;
    const kept = $("f-level").value;
    const names = new Map();
    for (const item of items) {
      if ((part === "" || item.part === Number(part)) && levelName(item)) names.set(levelName(item), item.isCatch ? -Infinity : item.level);
    }
    const sorted = [...names].sort((a, b) => a[1] - b[1]).map(([name]) => name);
    $("f-level").replaceChildren(option("", "all"), ...sorted.map((name) => option(name, name)));
    $("f-level").value = names.has(kept) ? kept : "";
    $("f-level").closest(".field").hidden = !sorted.length;
  };

  const passes = (trial) => {
    const item = items[trial.item];
    if (starbench.isListed && !starbench.isListed(trial, item, index)) return false;
    const value = (id) => $(id).value;
    const outcome = value("f-outcome");
    if (outcome === "right" && !trial.isRight) return false;
    if (outcome === "wrong" && (trial.isRight || trial.chose < 0)) return false;
    if (outcome[0] === "=" && index.outcomes[trial.outcome] !== outcome.slice(1)) return false;
    for (const [id, number] of [["f-part", item.part], ["f-task", item.task], ["f-condition", trial.condition], ["f-run", trial.run]]) {
      if (value(id) !== "" && Number(value(id)) !== number) return false;
    }
    if (value("f-level") !== "" && levelName(item) !== value("f-level")) return false;
    return needle === "" || holds(trial, item);
  };

  const holds = (trial, item) => {
    if (item.words === undefined) item.words = `${item.id} ${index.parts[item.part]} ${index.tasks[item.task]}`.toLowerCase();
    if (item.words.includes(needle)) return true;
    const detail = details[trial.item];
    if (!detail) return false;
    if (detail.words === undefined) {
      detail.words = `${detail.question} ${detail.options.join(" ")}`.toLowerCase();
      detail.said = detail.replies.map((reply) => (typeof reply === "string" ? reply : reply.slice(0, 2).join(" ")).toLowerCase());
    }
    return detail.words.includes(needle) || (detail.said[detail.trials[trial.n][2]] || "").includes(needle);
  };

  const LEVEL = (trial) => items[trial.item].level ?? Infinity;
  const ORDERS = {
    part: (a, b) => index.parts[items[a.item].part].localeCompare(index.parts[items[b.item].part]),
    level: (a, b) => LEVEL(a) - LEVEL(b) || 0,
    "level-down": (a, b) => LEVEL(b) - LEVEL(a) || 0,
    wrong: (a, b) => Number(a.isRight) - Number(b.isRight),
  };

  const refresh = (note = "") => {
    const before = shown[chosen];
    shown = trials.filter(passes);
    const order = ORDERS[$("f-sort").value];
    if (order) shown.sort((a, b) => order(a, b) || a.order - b.order);
    chosen = before ? shown.indexOf(before) : -1;
    const right = shown.reduce((sum, trial) => sum + Number(trial.isRight), 0);
    const share = shown.length ? `, ${((100 * right) / shown.length).toFixed(1)} % right` : "";
    count.textContent = `${shown.length.toLocaleString("en")} of ${trials.length.toLocaleString("en")} trials${share}${note}`;
    list.scrollTop = 0;
    draw();
  };

  // Questions and replies are loaded file by file while the list follows.
  const search = async () => {
    const mine = (searches += 1);
    needle = $("f-text").value.trim().toLowerCase();
    refresh();
    if (needle.length < 2) return;
    const pages = Math.ceil(index.items / index.perDetail);
    let last = performance.now();
    for (let k = 0; k < pages; k += 1) {
      await load(`detail-${page(k)}`);
      if (mine !== searches) return;
      if (performance.now() - last > 700) {
        refresh(`; searching ${k + 1} of ${pages} files`);
        last = performance.now();
      }
    }
    refresh();
  };

  // --- the list -------------------------------------------------------------------------------

  const ROW = 52, MORE = 8;
  const inner = document.createElement("div");
  inner.className = "rows";
  inner.setAttribute("role", "presentation");
  list.append(inner);

  const span = (class_, text) => {
    const node = document.createElement("span");
    node.className = class_;
    node.textContent = text;
    return node;
  };
  const letter = (place) => (place < 0 ? "–" : String.fromCharCode(65 + place));
  const stateOf = (trial) => (trial.isRight ? ["right", "✓"] : trial.chose >= 0 ? ["wrong", "✗"] : ["none", "–"]);

  const rowOf = (trial, position) => {
    const item = items[trial.item];
    const [state, sign] = stateOf(trial);
    const row = document.createElement("div");
    row.className = `row ${state}`;
    row.id = `row-${position}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(position === chosen));
    row.setAttribute("aria-posinset", String(position + 1));
    row.setAttribute("aria-setsize", String(shown.length));
    row.style.top = `${position * ROW}px`;
    const said = trial.chose >= 0 ? `${letter(trial.chose)}, right is ${letter(trial.right)}` : index.outcomes[trial.outcome];
    const main = span("main", "");
    main.append(span("part", index.parts[item.part]), span("level", levelName(item)));
    const beside = [index.conditions[trial.condition], `rotation ${trial.rotation + 1}`];
    if (index.runs.length > 1) beside.unshift(index.runs[trial.run]);
    const sub = span("sub", `${beside.join(" · ")} · ${item.id}`);
    const mark = span("sign", sign);
    mark.setAttribute("aria-label", state === "none" ? "no answer" : state);
    row.append(mark, main, span("said", said), sub);
    row.addEventListener("click", () => choose(position, true));
    return row;
  };

  const draw = () => {
    inner.style.height = `${shown.length * ROW}px`;
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - MORE);
    const last = Math.min(shown.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + MORE);
    const rows = [];
    for (let k = first; k < last; k += 1) rows.push(rowOf(shown[k], k));
    inner.replaceChildren(...rows);
    if (chosen >= first && chosen < last) list.setAttribute("aria-activedescendant", `row-${chosen}`);
    else list.removeAttribute("aria-activedescendant");
  };
  list.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  window.addEventListener("resize", draw);

  const reveal = (position) => {
    const top = position * ROW;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
  };

  const choose = (position, byPointer = false) => {
    if (!shown.length) return;
    chosen = Math.min(Math.max(position, 0), shown.length - 1);
    reveal(chosen);
    draw();
    open(shown[chosen], byPointer);
  };

  starbench.refresh = () => refresh();
  starbench.next = () => {
    const before = shown[chosen];
    refresh();
    choose(shown.indexOf(before) + 1);
  };

  list.addEventListener("keydown", (event) => {
    const step = Math.max(1, Math.floor(list.clientHeight / ROW) - 1);
    const moves = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, PageDown: chosen + step, PageUp: chosen - step, Home: 0, End: shown.length - 1 };
    if (event.key in moves) {
      event.preventDefault();
      choose(moves[event.key]);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      $("detail").focus();
    }
  });

  // --- the chosen trial -----------------------------------------------------------------------

  const linkOf = (trial) => {
    const item = items[trial.item];
    const parts = new URLSearchParams({ item: item.id, condition: index.conditions[trial.condition], rotation: trial.rotation + 1 });
    if (index.suites.length > 1) parts.set("suite", index.suites[item.suite]);
    if (index.runs.length > 1) parts.set("run", trial.run + 1);
    return `#${parts}`;
  };

  let opening = 0, written = "";
  const open = async (trial, byPointer) => {
    const mine = (opening += 1);
    const link = linkOf(trial);
    written = link;
    if (location.hash !== link) location.replace(link);
    const detail = await detailOf(trial.item);
    if (mine !== opening) return;
    const others = trials.filter((one) => one.item === trial.item);
    starbench.showTrial({ trial, item: items[trial.item], detail, index, others, linkOf, letter, stateOf, levelName });
    if (byPointer && matchMedia("(max-width: 62rem)").matches) $("detail").scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  };

  const follow = () => {
    const wanted = new URLSearchParams(location.hash.slice(1)); // never throws, whatever somebody put into a link
    if (String(wanted) === String(new URLSearchParams(written.slice(1)))) return;
    const isFree = (name, value) => !wanted.has(name) || wanted.get(name) === String(value);
    const trial = trials.find(
      (one) =>
        items[one.item].id === wanted.get("item") &&
        isFree("condition", index.conditions[one.condition]) &&
        isFree("rotation", one.rotation + 1) &&
        isFree("suite", index.suites[items[one.item].suite]) &&
        isFree("run", one.run + 1),
    );
    if (!trial) return;
    if (!shown.includes(trial)) {
      form.reset();
      needle = "";
      refresh();
    }
    chosen = shown.indexOf(trial);
    reveal(chosen);
    draw();
    open(trial, false);
  };
  window.addEventListener("hashchange", follow);

  const start = async () => {
    for (let k = 0; k < index.listPages; k += 1) await load(`list-${page(k)}`);
    fill("f-part", index.parts);
    fill("f-task", index.tasks);
    fill("f-condition", index.conditions);
    fill("f-run", index.runs);
    fillLevels();
    refresh();
    follow();
  };

  $("more").open = !matchMedia("(max-width: 62rem)").matches;
  form.addEventListener("change", (event) => {
    if (event.target.id === "f-part") fillLevels();
    if (event.target.id !== "f-text") refresh();
  });
  form.addEventListener("reset", () => setTimeout(() => { fillLevels(); search(); }));
  form.addEventListener("submit", (event) => event.preventDefault());
  let waiting = 0;
  $("f-text").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 250);
  });
  document.addEventListener("DOMContentLoaded", start);
})();
