// @ts-check
// Lists the keyboard shortcuts in their dialog. Loaded when it is opened.

import { SHORTCUTS } from "./keys.js";
import { $, make } from "./page.js";

/** @type {Record<string, string>} */
const NAMES = { ArrowUp: "↑", Escape: "Esc" };

export function openShortcuts() {
  for (const kind of ["single", "always"])
    $(`dialog#keys dl.${kind}`)?.replaceChildren(...SHORTCUTS.filter((one) => one.kind === kind).flatMap(lineOf));
  if (!$("dialog[open]")) $("dialog#keys")?.showModal(); // The finder may have been opened meanwhile.
}

/** @param {import("./keys.js").Shortcut} shortcut */
function lineOf({ keys, effect }) {
  const term = document.createElement("dt");
  const parts = keys.flatMap((key) => key.split("+"));
  for (const part of parts) term.append(make("kbd", { textContent: NAMES[part] ?? part }), " ");
  return [term, make("dd", { textContent: effect })];
}
