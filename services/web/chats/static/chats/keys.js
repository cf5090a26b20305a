// @ts-check
// Keyboard shortcuts: which one a key press means, whether they are on, and the dialog that lists them.

import { opening } from "./forms.js";
import { $, $$, make } from "./page.js";
import { recall, remember } from "./remembered.js";
import { SHORTCUTS } from "./shortcuts.js";

// Single-key shortcuts can be turned off, because speech input may trigger them by accident (WCAG 2.1.4).
const SWITCHED_OFF = "bobbin-single-keys-off";
/** @type {Record<string, string>} */
const NAMES = { ArrowUp: "↑", Escape: "Esc" };
// The dialog of every page has a switch, the page of the account another one.
const switches = () => $$("input[data-single-keys]");
// Visitors have no switch and no single-key shortcuts.
const areOn = () => switches()[0]?.checked ?? false;

/** @param {boolean} isOn */
function setSwitches(isOn) {
  for (const box of switches()) box.checked = isOn;
}

export function showKeySwitch() {
  setSwitches(recall(SWITCHED_OFF) !== "yes");
  for (const box of switches())
    box.onchange = () => {
      setSwitches(box.checked);
      remember(SWITCHED_OFF, box.checked ? "no" : "yes");
    };
}

export function openShortcuts() {
  for (const kind of ["single", "always"])
    $(`dialog#keys dl.${kind}`)?.replaceChildren(...SHORTCUTS.filter((one) => one.kind === kind).flatMap(lineOf));
  $("dialog#keys")?.showModal();
}

/** @param {import("./shortcuts.js").Shortcut} shortcut */
function lineOf({ keys, effect }) {
  const term = document.createElement("dt");
  const parts = keys.flatMap((key) => key.split("+"));
  for (const part of parts) term.append(make("kbd", { textContent: NAMES[part] ?? part }), " ");
  return [term, make("dd", { textContent: effect })];
}

/**
 * Uses the character on any layout. For letters of other scripts, such as Greek, uses the physical key.
 * @param {Partial<KeyboardEvent>} event
 */
export function keyOf(event) {
  const { key = "", code = "", shiftKey, ctrlKey, metaKey, altKey } = event;
  const isOther = /^(?!\p{Script=Latin})\p{L}$/u.test(key);
  const name = isOther ? (/^Key([A-Z])$/.exec(code)?.[1] ?? "") : key;
  const isCapital = shiftKey || (key !== key.toLowerCase() && !event.getModifierState?.("CapsLock"));
  const isShifted = shiftKey && name.length > 1; // Of a character, Shift makes another one.
  return [
    ctrlKey || metaKey ? "Ctrl+" : "",
    altKey ? "Alt+" : "",
    isShifted ? "Shift+" : "",
    /^\p{L}$/u.test(name) ? (isCapital ? name.toUpperCase() : name.toLowerCase()) : name,
  ].join("");
}

/** @param {KeyboardEvent} event */
export function press(event) {
  if (event.isComposing) return; // The input method uses this key: Escape cancels a composition.
  const target = event.target instanceof Element ? event.target : document.body;
  const key = keyOf(event);
  const shortcut = SHORTCUTS.find(({ keys, run, applies }) => run && keys.includes(key) && applies(target));
  if (!shortcut) return;
  if (shortcut.kind === "single") {
    if (!areOn() || $("dialog[open]")) return;
    event.preventDefault();
    if (opening) return;
  }
  shortcut.run?.(target);
}
