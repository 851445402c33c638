"use strict";
// Pictures of clips and maps of sources, drawn from numbers; every text is set as text.

window.starbench = window.starbench || {};
(() => {
  const NS = "http://www.w3.org/2000/svg";

  const make = (name, attributes = {}, text) => {
    const node = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const pairsOf = (packed) => Int8Array.from(atob(packed), (c) => c.charCodeAt(0));

  // --- a clip ---------------------------------------------------------------------------------

  const LEFT = 52, RIGHT = 8, WAVE = 46, BAND = 92, GAP = 6;

  const wavePath = (pairs, x0, width, middle, half) => {
    const n = pairs.length / 2;
    const x = (k) => (x0 + (width * (k + 0.5)) / n).toFixed(1);
    const y = (value) => (middle - (half * value) / 127).toFixed(1);
    let upper = "", lower = "";
    for (let k = 0; k < n; k += 1) {
      upper += `${k ? "L" : "M"}${x(k)} ${y(pairs[2 * k + 1])}`;
      lower = `L${x(k)} ${y(pairs[2 * k])}${lower}`;
    }
    return `${upper}${lower}Z`;
  };

  const timeStep = (seconds, width) => {
    const most = Math.max(2, width / 70);
    return [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60].find((step) => seconds / step <= most) || 120;
  };

  const rowNames = (n) => (n === 1 ? ["mono"] : n === 2 ? ["left", "right"] : Array.from({ length: n }, (_, k) => `ch. ${k + 1}`));

  /** The picture of a clip, `width` pixels wide; `sources` shade when each of them sounds. */
  starbench.drawClip = (clip, width, sources, label) => {
    const names = rowNames(clip.channels);
    const inner = width - LEFT - RIGHT;
    const sounding = sources.filter((one) => one.sounds);
    let y = sounding.length ? 8 + 7 * sounding.length : 4;
    const top = y;
    const wavesHeight = clip.waves.length * (WAVE + GAP);
    const height = y + wavesHeight + BAND * clip.bands + 22;
    const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "clip", role: "img", "aria-label": label });
    const x = (seconds) => LEFT + (inner * seconds) / clip.seconds;

    sounding.forEach((one, k) => {
      const [from, to] = one.sounds;
      const bar = make("rect", { x: x(from), y: 4 + 7 * k, width: Math.max(1, x(Math.min(to, clip.seconds)) - x(from)), height: 4, rx: 2, class: `s${(one.number % 6) + 1} solid` });
      bar.append(make("title", {}, `${one.name}: ${from.toFixed(2)} to ${to.toFixed(2)} s`));
      svg.append(bar);
    });
    clip.waves.forEach((packed, k) => {
      const middle = y + WAVE / 2;
      svg.append(make("line", { x1: LEFT, x2: width - RIGHT, y1: middle, y2: middle, class: "grid" }));
      svg.append(make("path", { d: wavePath(pairsOf(packed), LEFT, inner, middle, WAVE / 2), class: "wave" }));
      svg.append(make("text", { x: LEFT - 8, y: middle + 4, "text-anchor": "end", class: "tick" }, names[k]));
      y += WAVE + GAP;
    });
    svg.append(make("image", { href: clip.picture, x: LEFT, y, width: inner, height: BAND * clip.bands, preserveAspectRatio: "none", class: "spectrogram" }));
    const [lowest, highest] = clip.hertz;
    for (let band = 0; band < clip.bands; band += 1) {
      const base = y + BAND * (band + 1);
      for (const hertz of [100, 1000, 10000].filter((one) => one < highest)) {
        const place = base - (BAND * Math.log(hertz / lowest)) / Math.log(highest / lowest);
        svg.append(make("line", { x1: LEFT - 4, x2: LEFT, y1: place, y2: place, class: "axis" }));
        const unit = hertz >= 1000 ? `${hertz / 1000} k` : `${hertz}`;
        svg.append(make("text", { x: LEFT - 7, y: place + 4, "text-anchor": "end", class: "tick" }, unit));
      }
      const name = clip.bands === 1 ? (clip.channels > 2 ? "mean power" : "") : names[band];
      if (name) svg.append(make("text", { x: LEFT + 6, y: base - BAND + 14, class: "on-picture" }, name));
      if (band) svg.append(make("line", { x1: LEFT, x2: width - RIGHT, y1: base - BAND, y2: base - BAND, class: "split" }));
    }
    const foot = y + BAND * clip.bands;
    const step = timeStep(clip.seconds, inner);
    for (let t = 0; t <= clip.seconds + 1e-9; t += step) {
      svg.append(make("line", { x1: x(t), x2: x(t), y1: foot, y2: foot + 4, class: "axis" }));
      if (x(t) < width - 26) svg.append(make("text", { x: x(t), y: foot + 16, "text-anchor": "middle", class: "tick" }, `${+t.toFixed(2)}`));
    }
    svg.append(make("text", { x: width - RIGHT, y: foot + 16, "text-anchor": "end", class: "tick" }, "s"));
    svg.append(make("text", { x: 0, y: foot + 16, class: "tick" }, "Hz"));
    const cursor = make("line", { x1: LEFT, x2: LEFT, y1: top, y2: foot, class: "cursor", visibility: "hidden" });
    svg.append(cursor);
    const move = (seconds) => {
      const place = x(Math.min(seconds, clip.seconds));
      cursor.setAttribute("x1", place);
      cursor.setAttribute("x2", place);
      cursor.setAttribute("visibility", "visible");
    };
    const secondsAt = (event) => {
      const box = svg.getBoundingClientRect();
      return Math.max(0, (((event.clientX - box.left) * width) / box.width - LEFT) / inner) * clip.seconds;
    };
    return { svg, move, secondsAt };
  };

  // --- a map ----------------------------------------------------------------------------------

  const arrow = (from, to, size) => {
    const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
    const point = (turn, length) => [to[0] + length * Math.cos(angle + turn), to[1] + length * Math.sin(angle + turn)];
    return [point(0, size), point(2.5, size), point(-2.5, size)].map((p) => p.map((v) => v.toFixed(1)).join(",")).join(" ");
  };

  /** The sources of a clip from above, the listener's nose up, `size` pixels wide and high. */
  starbench.drawMap = (view, size, label) => {
    const tracks = view.sources.flatMap((one) => one.track);
    const reach = tracks.reduce((most, p) => Math.max(most, Math.hypot(...p)), 0.5); // walls may lie beyond the frame
    const span = 2 * 1.4 * reach;
    const at = ([x, y]) => [size / 2 + (x * size) / span, size / 2 - (y * size) / span];
    const text = (p) => at(p).map((v) => v.toFixed(1)).join(",");
    const svg = make("svg", { viewBox: `0 0 ${size} ${size}`, width: size, height: size, class: "map", role: "img", "aria-label": label });
    if (view.walls) svg.append(make("polygon", { points: view.walls.map(text).join(" "), class: "walls" }));
    for (const part of [1 / 3, 2 / 3, 1]) svg.append(make("circle", { cx: size / 2, cy: size / 2, r: (part * reach * size) / span, class: "ring grid" }));
    const [hx, hy] = at([0, 0]);
    svg.append(make("line", { x1: hx, x2: hx, y1: 6, y2: size - 6, class: "grid" }));
    svg.append(make("line", { x1: 6, x2: size - 6, y1: hy, y2: hy, class: "grid" }));
    for (const [x, y, word, anchor] of [[hx, 12, "front", "middle"], [hx, size - 4, "behind", "middle"], [4, hy - 5, "left", "start"], [size - 4, hy - 5, "right", "end"]]) {
      svg.append(make("text", { x, y, "text-anchor": anchor, class: "note halo" }, word));
    }
    const head = Math.max(7, (0.0875 * size) / span);
    svg.append(make("polygon", { points: `${hx - 4},${hy - head + 1} ${hx},${hy - 1.8 * head} ${hx + 4},${hy - head + 1}`, class: "head" }));
    svg.append(make("circle", { cx: hx, cy: hy, r: head, class: "head" }));
    view.sources.forEach((source, k) => {
      const class_ = `s${(k % 6) + 1}`;
      if (source.track.length > 1) {
        svg.append(make("polyline", { points: source.track.map(text).join(" "), class: `curve ${class_}` }));
        const end = source.track.at(-1);
        const before = source.track.findLast((p) => p[0] !== end[0] || p[1] !== end[1]); // it may rest at its end
        if (before) svg.append(make("polygon", { points: arrow(at(before), at(end), 8), class: `solid ${class_}` }));
      }
      const [x, y] = at(source.track[0]);
      svg.append(make("circle", { cx: x, cy: y, r: 9, class: `solid ${class_}` }));
      svg.append(make("text", { x, y: y + 4, "text-anchor": "middle", class: "numeral" }, String(k + 1)));
    });
    const metre = size / span;
    const unit = [0.1, 0.5, 1, 2, 5, 10, 50, 100, 500, 1000].find((one) => one * metre > 28) || 5000;
    svg.append(make("line", { x1: 8, x2: 8 + unit * metre, y1: size - 8, y2: size - 8, class: "axis" }));
    svg.append(make("text", { x: 8, y: size - 13, class: "note" }, `${unit} m`));
    return svg;
  };
})();
