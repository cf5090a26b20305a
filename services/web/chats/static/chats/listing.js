// @ts-check
// Lists the keyboard shortcuts in their dialog. Loaded when it is opened.

import { enterSends, hasEnterKey, rememberEnter } from "./composer.js";
import { SHORTCUTS } from "./keys.js";
import { $, make } from "./page.js";

/** @type {Record<string, string>} */
const NAMES = { ArrowUp: "↑", Escape: "Esc" };

export function openShortcuts() {
  for (const kind of ["single", "always"])
    $(`dialog#keys dl.${kind}`)?.replaceChildren(...SHORTCUTS.filter((one) => one.kind === kind).flatMap(lineOf));
  showEnterSwitch();
  if (!$("dialog[open]")) $("dialog#keys")?.showModal(); // The finder may have been opened meanwhile.
}

function showEnterSwitch() {
  $("dialog#keys label.enter")?.remove();
  if (!hasEnterKey()) return;
  const [label, box] = [document.createElement("label"), document.createElement("input")];
  label.className = "switch enter";
  Object.assign(box, { type: "checkbox", checked: enterSends() });
  box.onchange = () => rememberEnter(box.checked);
  label.append(box, " Enter sends, and Shift+Enter makes a new line");
  $("dialog#keys dl.always")?.before(label);
}

/** @param {import("./keys.js").Shortcut} shortcut */
function lineOf({ keys, effect }) {
  const term = document.createElement("dt");
  const parts = keys.flatMap((key) => key.split("+"));
  for (const part of parts) term.append(make("kbd", { textContent: NAMES[part] ?? part }), " ");
  return [term, make("dd", { textContent: effect })];
}
