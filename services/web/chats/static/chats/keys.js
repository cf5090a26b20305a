// @ts-check
// Keyboard shortcuts.

import { closeForm, opening } from "./forms.js";
import { $, $$, required } from "./page.js";
import { recall, remember } from "./remembered.js";
import { REPLY } from "./rows.js";

// Single-key shortcuts can be turned off, because speech input may trigger them by accident (WCAG 2.1.4).
const SWITCHED_OFF = "bobbin-single-keys-off";
// Visitors have no switch and no single-key shortcuts.
const areOn = () => $("input#keys-on")?.checked ?? false;

export function showKeySwitch() {
  const box = $("input#keys-on");
  if (!box) return;
  box.checked = recall(SWITCHED_OFF) !== "yes";
  box.onchange = () => remember(SWITCHED_OFF, box.checked ? "no" : "yes");
}

/** @param {HTMLElement} item */
const isInView = (item) => {
  const { top, bottom } = item.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
};

/**
 * Moves from the focused row. If it is not visible, `j` starts at the first visible row and `k` at the last.
 * @param {1 | -1} by
 */
function step(by) {
  const items = $$("ol.messages li[data-message], .rows > li").filter((item) => !item.hidden);
  const at = items.findIndex((item) => item.contains(document.activeElement) && isInView(item));
  const begin = by > 0 ? items.find(isInView) : items.findLast(isInView);
  const item = at < 0 ? begin : items[at + by];
  if (!item) return;
  const focusable = item.matches("li.message") ? item : required("a", item);
  if (focusable === item) item.tabIndex = -1;
  // Without animation, because the next key press must find the row in view.
  focusable.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest", behavior: "instant" });
}

function search() {
  const field = $('input[type="search"]');
  if (field) field.focus();
  else $('.top a[href$="/search/"]')?.click();
}

/** @returns {HTMLElement | null | undefined} */
const current = () => document.activeElement?.closest("li.message");
/** @param {string} selector */
const clickIn = (selector, within = current()) => within && $(selector, within)?.click();
export const EDIT = '.actions a[href$="/edit/"]';
/** @type {Record<string, () => void>} */
const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  r: () => (current() ? clickIn(REPLY) : $("form.compose textarea")?.focus()),
  e: () => clickIn(EDIT),
  n: () => $(".top .button")?.click(),
  i: () => $(".brand")?.click(),
  "/": search,
  "?": () => $("dialog#keys")?.showModal(),
};

/**
 * Uses the character on any layout. For letters of other scripts, such as Greek, uses the physical key.
 * @param {Pick<KeyboardEvent, "key" | "code" | "shiftKey">} event
 */
export function keyOf({ key = "", code, shiftKey }) {
  if (/^(?!\p{Script=Latin})\p{L}$/u.test(key))
    return /^Key[A-Z]$/.test(code) && !shiftKey ? code[3].toLowerCase() : "";
  return shiftKey ? key : key.toLowerCase(); // Ignores Caps Lock.
}

/** @param {KeyboardEvent} event */
export function press(event) {
  if (event.isComposing) return; // The input method uses this key: Escape cancels a composition.
  const target = event.target instanceof Element ? event.target : null;
  /** @type {HTMLFormElement | null | undefined} */
  const form = target?.closest("form.compose");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) return form.requestSubmit();
  if (form && event.key === "Escape") return closeForm(form);
  const isTyped = target?.matches("input, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey || isTyped || $("dialog[open]")) return;
  const action = areOn() && Object.hasOwn(KEYS, keyOf(event)) && KEYS[keyOf(event)];
  if (!action) return;
  event.preventDefault();
  if (!opening) action();
}
