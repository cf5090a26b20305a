// @ts-check
// Lists the keyboard shortcuts in their dialog. Loaded when it is opened.

import { enterSends, hasEnterKey, rememberEnter } from "./composer.js";
import { SHORTCUTS } from "./keys.js";
import { $, make } from "./page.js";
import { gettext } from "./texts.js";

/** @type {Record<string, string>} */
const NAMES = {
  ArrowUp: "↑",
  Ctrl: gettext("Ctrl"),
  End: gettext("End"),
  Enter: gettext("Enter"),
  Escape: gettext("Esc"),
};
/**
 * What a shortcut does, by its first key.
 * @type {Record<string, string>}
 */
export const EFFECTS = {
  j: gettext("next message or row"),
  k: gettext("previous message or row"),
  Enter: gettext("open the row"),
  G: gettext("newest message"),
  p: gettext("next unread message"),
  u: gettext("back to the list"),
  r: gettext("reply to the message, or write a new one"),
  e: gettext("edit the selected message (yours)"),
  ArrowUp: gettext("edit your last message, if the field is empty"),
  U: gettext("mark the message as unread"),
  n: gettext("new message"),
  i: gettext("inbox"),
  t: gettext("threads"),
  "/": gettext("search"),
  "?": gettext("show these shortcuts"),
  "Ctrl+k": gettext("find a person or a message"),
  "Ctrl+Enter": gettext("send"),
  Escape: gettext("close the reply box (your text is kept), the edit (your change is discarded) or the thread"),
};

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
  label.append(box, " ", gettext("Enter sends, and Shift+Enter makes a new line"));
  $("dialog#keys dl.always")?.before(label);
}

/** @param {import("./keys.js").Shortcut} shortcut */
function lineOf({ keys }) {
  const term = document.createElement("dt");
  const parts = keys.flatMap((key) => key.split("+"));
  for (const part of parts) term.append(make("kbd", { textContent: NAMES[part] ?? part }), " ");
  return [term, make("dd", { textContent: EFFECTS[keys[0]] })];
}
