"use strict";
// A panel under the chosen trial on which a person says why it is not right; only pages of `starbench annotate` load it.

window.starbench = window.starbench || {};
(() => {
  const $ = (id) => document.getElementById(id);
  const form = $("annotation"), state = $("annotation-state"), progress = $("annotation-progress"), left = $("annotation-left");
  const said = new Map();
  let current = null, isGoingOn = false;

  const key = (suite, item, rotation) => JSON.stringify([suite, item, rotation]);
  const isOpen = (one) => said.has(one) && said.get(one).cause === null;
  const show = () => {
    const causes = [...said.values()].filter((one) => one.cause !== null).length;
    progress.textContent = `${causes} of ${said.size} errors have a cause.`;
  };

  starbench.annotations = (rows) => {
    for (const [suite, item, rotation, cause, note] of rows) said.set(key(suite, item, rotation), { cause, note });
    show();
  };

  const keyOf = (trial, item, index) =>
    index.conditions[trial.condition] === "audio" ? key(index.suites[item.suite], item.id, trial.rotation) : null;
  starbench.isListed = (trial, item, index) => {
    const one = keyOf(trial, item, index);
    return said.has(one) && (!left.checked || isOpen(one) || one === current?.key);
  };

  document.addEventListener("starbench:trial", ({ detail: { trial, item, index } }) => {
    const one = keyOf(trial, item, index);
    form.hidden = !said.has(one);
    state.textContent = "";
    if (form.hidden) {
      current = null;
      return;
    }
    current = { key: one, suite: index.suites[item.suite], item_id: item.id, rotation: trial.rotation };
    const { cause, note } = said.get(one);
    for (const choice of form.elements.cause) choice.checked = choice.value === (cause || "");
    form.elements.note.value = note;
    $("detail").insertBefore(form, $("elsewhere")); // below the reply
    if (isGoingOn) {
      $("detail").scrollIntoView();
      form.querySelector("input:checked").focus({ preventScroll: true });
    }
    isGoingOn = false;
  });

  const save = async () => {
    const { key: one, ...trial } = current;
    const cause = form.elements.cause.value || null;
    const note = form.elements.note.value;
    const answer = await fetch("annotations", { method: "POST", body: JSON.stringify({ ...trial, cause, note }) }).catch(() => null);
    if (answer === null || !answer.ok) {
      state.textContent = answer === null ? "Not kept: starbench annotate no longer runs." : `Not kept: ${await answer.text()}`;
      return false;
    }
    said.set(one, { cause, note });
    show();
    state.textContent = cause ? "Kept." : "Taken back.";
    return true;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!current || !(await save())) return;
    isGoingOn = true;
    starbench.next();
  });
  left.addEventListener("change", () => starbench.refresh());
})();
