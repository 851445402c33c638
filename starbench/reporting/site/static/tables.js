"use strict";
// Tables are sorted by a click on a heading; what is folded away is opened for printing.

(() => {
  const valueOf = (cell) => {
    if (!cell) return "";
    if (cell.dataset.sort !== undefined) return Number(cell.dataset.sort);
    const text = cell.textContent.trim();
    const number = Number(text.replace(/,/g, ""));
    return text !== "" && Number.isFinite(number) ? number : text;
  };

  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === "number") return -1;
    if (typeof b === "number") return 1;
    return a.localeCompare(b, undefined, { numeric: true });
  };

  const sort = (table, index, heading) => {
    const descending = heading.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row, order) => ({ row, order, value: valueOf(row.cells[index]) }));
    rows.sort((a, b) => (descending ? -1 : 1) * compare(a.value, b.value) || a.order - b.order);
    body.append(...rows.map((one) => one.row));
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    if (table.tBodies[0].rows.length < 2) continue;
    [...table.tHead.rows[0].cells].forEach((heading, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sort(table, index, heading));
    });
  }

  // A region that does not scroll needs no stop of the Tab key.
  const regions = [...document.querySelectorAll(".scroll[role=region]")];
  const unneeded = () => {
    const scrolling = regions.map((region) => region.scrollWidth > region.clientWidth); // all read before any is written
    regions.forEach((region, k) => {
      if (scrolling[k]) region.tabIndex = 0;
      else region.removeAttribute("tabindex");
    });
  };
  unneeded();
  window.addEventListener("resize", unneeded);
  document.addEventListener("toggle", unneeded, true);

  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.numbers:not([open])")];
    for (const one of opened) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });
})();
