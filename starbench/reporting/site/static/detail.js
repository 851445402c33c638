"use strict";
// Everything of one trial: what was asked, what was heard, what was replied, and how it was read.

window.starbench = window.starbench || {};
(() => {
  const pane = document.getElementById("detail");
  let redraw = () => {};

  const make = (name, class_, ...children) => {
    const node = document.createElement(name);
    if (class_) node.className = class_;
    node.append(...children); // a string becomes text, never markup
    return node;
  };
  const heading = (text) => make("h3", "", text);

  // Characters that steer, hide or turn text are shown by their number, as Python's isprintable() has them.
  const HIDDEN = /((?![\t\n])[\p{C}\p{Zl}\p{Zp}])/u;
  const plain = (text) => {
    const parts = document.createDocumentFragment(); // a reply can have more parts than a call takes arguments
    text.split(HIDDEN).forEach((part, k) => {
      if (k % 2) parts.append(make("span", "unseen", `U+${part.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`));
      else if (part) parts.append(part);
    });
    return parts;
  };

  // Python counts characters, and JavaScript halves of some.
  const cut = (text, from, to) => {
    const characters = Array.from(text);
    return [characters.slice(0, from).join(""), characters.slice(from, to).join(""), characters.slice(to).join("")];
  };

  const replyNode = (reply, place) => {
    const box = make("div", "reply");
    const text = make("pre", "");
    text.tabIndex = 0;
    text.setAttribute("role", "region");
    text.setAttribute("aria-label", "The reply as it came");
    if (typeof reply === "string") {
      if (place) {
        const [before, decisive, after] = cut(reply, place[0], place[1]);
        text.append(plain(before), make("mark", "", plain(decisive)), plain(after));
      } else text.append(plain(reply));
      box.append(text);
      return box;
    }
    const [head, tail, length, name] = reply;
    text.append(plain(head), make("span", "gap", " … "), plain(tail));
    const note = make("p", "quiet", `Beginning and end of ${length.toLocaleString("en")} characters. `);
    const whole = make("button", "", "Show all");
    whole.type = "button";
    whole.addEventListener("click", async () => {
      const all = await starbench.longReply(name);
      if (all === undefined) note.replaceChildren("The whole reply is missing: the folder of the report is not whole.");
      else {
        text.replaceChildren(plain(all));
        note.remove();
      }
    });
    note.append(whole);
    box.append(text, note);
    return box;
  };

  const optionsNode = (view, contents) => {
    const { trial, detail, letter } = view;
    const node = make("ol", "options");
    contents.forEach((content, place) => {
      const line = make("li", "", make("span", "letter", letter(place)), make("span", "text", detail.options[content]));
      if (place === trial.right) line.append(make("span", "tag right", "right"));
      if (place === trial.chose) line.append(make("span", `tag ${trial.isRight ? "right" : "wrong"}`, "chosen"));
      if (place === trial.right) line.classList.add("is-right");
      else if (place === trial.chose) line.classList.add("is-wrong");
      node.append(line);
    });
    return node;
  };

  const clipNode = (clip, label, sources, width) => {
    const node = make("figure", "clip");
    const words = { swap: "ears exchanged", mono: "mixed to mono", left: "left ear alone", right: "right ear alone", "left-ear": "left ear in both", "right-ear": "right ear in both" };
    const name = words[clip.how] ? `${label}, ${words[clip.how]}` : label;
    if (clip.picture) {
      const drawing = starbench.drawClip(clip, width, clip.how === "native" || !clip.how ? sources : [], `${name}: waveform and spectrogram`);
      const foot = make("figcaption", "quiet small", `${clip.channels === 2 ? "two channels" : clip.channels === 1 ? "one channel" : `${clip.channels} channels`}, ${clip.rate / 1000} kHz, ${clip.seconds.toFixed(2)} s, peak ${clip.peak.toFixed(3)} of full scale. Spectrogram: black −110, yellow −10 dB re full-scale sine, the same for every clip.`);
      if (clip.sound) {
        const { button, start } = starbench.playButton(clip.sound, name, drawing.move);
        drawing.svg.addEventListener("click", (event) => start(drawing.secondsAt(event)));
        node.append(button);
      }
      node.append(drawing.svg, foot);
    }
    if (clip.why) node.append(make("p", "quiet small", `${name}: ${clip.why}.`));
    return node;
  };

  const sourcesOf = (view, clip) => ((view.detail.views[clip] || {}).sources || []).map((one, k) => ({ ...one, number: k }));

  const promptNode = (view, row, width) => {
    const node = make("div", "prompt");
    const order = row[9];
    let clips = 0;
    for (const part of view.detail.prompts[row[0]]) {
      if (part.text !== undefined) node.append(...part.text.split("\n").filter(Boolean).map((line) => make("p", "", plain(line))));
      else if (part.options) node.append(optionsNode(view, row[1]));
      else {
        clips += 1;
        const which = part.clips ? order[part.place] : part.clip;
        const entry = part.clips ? part.clips[which] : part;
        node.append(clipNode(entry, which < 0 ? "the uncut recording" : `clip ${clips}`, sourcesOf(view, which), width));
      }
    }
    return node;
  };

  const mapsNode = (view) => {
    const node = make("div", "maps");
    view.detail.views.forEach((one, k) => {
      if (!one) return;
      const size = Math.min(300, pane.clientWidth - 40);
      const title = view.detail.views.length > 1 ? `Clip ${k + 1}` : one.walls ? "In its room (walls where they are near)" : one.open ? "In the open" : "In a room that was measured";
      const legend = make("ol", "sources");
      one.sources.forEach((source, number) => {
        legend.append(make("li", `c${(number % 6) + 1}`, make("b", "", source.name), make("span", "quiet", ` ${source.where}`)));
      });
      node.append(make("figure", "", make("figcaption", "", title), starbench.drawMap(one, size, `${title}, from above`), legend));
    });
    return node.childElementCount ? node : null;
  };

  const otherNode = (view) => {
    const { others, index, trial, letter, stateOf, linkOf } = view;
    const rotations = [...new Set(others.map((one) => one.rotation))].sort((a, b) => a - b);
    const groups = new Map();
    for (const one of others) {
      const key = `${one.run}/${one.condition}`;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(one);
    }
    const table = make("table", "others");
    const top = make("tr", "", ...(index.runs.length > 1 ? [make("th", "", "run")] : []), make("th", "", "condition"), ...rotations.map((one) => make("th", "number", `rotation ${one + 1}`)));
    for (const cell of top.children) cell.scope = "col";
    table.append(make("caption", "hidden", "The same item under other conditions, rotations and runs"), make("thead", "", top));
    const body = make("tbody", "");
    for (const group of groups.values()) {
      const name = make("th", "", index.conditions[group[0].condition]);
      name.scope = "row";
      const row = make("tr", "", ...(index.runs.length > 1 ? [make("td", "", index.runs[group[0].run])] : []), name);
      for (const rotation of rotations) {
        const one = group.find((other) => other.rotation === rotation);
        if (!one) row.append(make("td", "number", ""));
        else {
          const [state, sign] = stateOf(one);
          const link = make("a", `cell ${state}`, `${sign} ${one.chose >= 0 ? letter(one.chose) : index.outcomes[one.outcome]}`);
          link.href = linkOf(one);
          if (one === trial) link.setAttribute("aria-current", "true");
          row.append(make("td", "number", link));
        }
      }
      body.append(row);
    }
    table.append(body);
    return make("div", "scroll", table);
  };

  const truthNode = (view) => {
    const rows = view.detail.truth.map(([name, value]) => {
      const key = make("th", "", name);
      key.scope = "row";
      return make("tr", "", key, make("td", "", value));
    });
    const table = make("table", "truth", make("caption", "hidden", "What was put in"), make("tbody", "", ...rows));
    return make("details", "", make("summary", "", `Truth in numbers (${rows.length})`), make("div", "scroll", table));
  };

  /** Show a trial in the pane; `view` is what the list knows of it. */
  starbench.showTrial = (view) => {
    starbench.stopPlaying();
    const { trial, item, detail, index, letter, levelName, linkOf } = view;
    if (!detail) {
      pane.replaceChildren(make("p", "", "The data of this item is missing: the folder of the report is not whole."));
      return;
    }
    const row = detail.trials[trial.n];
    const [, contents, reply, reason, place, seconds, attempts, error, causes] = row;
    const textOf = (where) => `${letter(where)}, ${detail.options[contents[where]]}`;
    const verdict = trial.isRight ? "Right" : trial.chose >= 0 ? "Wrong" : index.outcomes[trial.outcome];
    const class_ = trial.isRight ? "right" : trial.chose >= 0 ? "wrong" : "none";
    const title = make("h2", "", `${index.parts[item.part]} `, make("span", "quiet", levelName(item)));
    const permalink = make("a", "permalink", item.id);
    permalink.href = linkOf(trial);
    const where = [index.suites[item.suite], index.conditions[trial.condition], `rotation ${trial.rotation + 1}`];
    if (index.runs.length > 1) where.unshift(index.runs[trial.run]);
    const said = trial.chose >= 0 && !trial.isRight ? `Chosen: ${textOf(trial.chose)}. ` : "";
    const facts = [`${seconds === null ? "" : `Answered in ${seconds} s`}`, attempts > 1 ? `${attempts} attempts` : ""].filter(Boolean).join(", ");
    const flags = detail.flags.length ? make("p", "quiet small", `Flags: ${detail.flags.join(", ")}`) : "";
    const back = make("a", "back", "Back to the list");
    back.href = "#finder";
    back.addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById("list").focus();
      document.getElementById("finder").scrollIntoView();
    });
    const prompt = make("div", "");
    redraw = () => prompt.replaceChildren(promptNode(view, row, Math.max(280, Math.min(760, pane.clientWidth - 8))));
    const maps = mapsNode(view);
    const elsewhere = heading("The same item elsewhere");
    elsewhere.id = "elsewhere";
    pane.replaceChildren(
      back,
      title,
      make("p", "quiet small", permalink, ` · ${where.join(" · ")}`),
      make("p", `verdict ${class_}`, make("b", "", verdict), `. ${said}Right answer: ${textOf(trial.right)}.`),
      flags,
      heading("What was asked"),
      prompt,
      heading("What was replied"),
      reply < 0 ? make("p", "quiet", error || "There is no reply.") : replyNode(detail.replies[reply], place),
      make("p", "quiet small", `Why it counts so: ${detail.reasons[reason]}${place ? " (marked)" : ""}.${facts ? ` ${facts}.` : ""}`),
      ...causes.map((cause) => make("p", "quiet small", `Cause of the error: ${cause}.`)),
      elsewhere,
      otherNode(view),
      ...(maps ? [heading("From above"), maps] : []),
      ...(detail.truth.length ? [heading("What was put in"), truthNode(view)] : []),
    );
    pane.scrollTop = 0;
    redraw();
    document.dispatchEvent(new CustomEvent("starbench:trial", { detail: view }));
  };

  let width = pane.clientWidth;
  window.addEventListener("resize", () => {
    if (pane.clientWidth !== width) {
      width = pane.clientWidth;
      redraw();
    }
  });
})();
