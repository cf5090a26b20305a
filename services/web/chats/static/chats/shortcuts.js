// @ts-check
// The keyboard shortcuts: what `press` in keys.js handles and what the dialog of "?" lists.

import { closeForm, editLast } from "./forms.js";
import { hasMessages, moveToNewest, moveToUnread, step } from "./moving.js";
import { $ } from "./page.js";
import { backToList } from "./places.js";
import { EDIT, REPLY } from "./rows.js";

/**
 * @typedef {object} Shortcut
 * @property {string[]} keys As `keyOf` returns them.
 * @property {string} effect
 * @property {"single" | "always"} kind The switch turns off the single keys.
 * @property {(target: Element) => boolean | undefined} applies
 * @property {(target: Element) => unknown} [run] Without it, the browser itself handles the key.
 */

/** @param {Element} target */
const isPage = (target) => !target.matches("textarea, select, input:not([type=checkbox])");
/** @param {Element} target @returns {HTMLFormElement | null} */
const formOf = (target) => target.closest("form.compose");
/** @param {Element} target */
const isInForm = (target) => formOf(target) !== null;
/** @param {Element} target */
const isEmptyComposer = (target) =>
  target instanceof HTMLTextAreaElement && target.matches("main > form.compose textarea") && !target.value;

/** @returns {HTMLElement | null | undefined} */
const current = () => document.activeElement?.closest("li.message");
/** @param {string} selector */
const clickIn = (selector, within = current()) => within && $(selector, within)?.click();

function search() {
  const field = $('input[type="search"]');
  if (field) field.focus();
  else $('.top a[href$="/search/"]')?.click();
}

const single = /** @type {const} */ ({ kind: "single", applies: isPage });
const inForm = /** @type {const} */ ({ kind: "always", applies: isInForm });

/** @type {Shortcut[]} */
export const SHORTCUTS = [
  { ...single, keys: ["j"], effect: "next message or row", run: () => step(1) },
  { ...single, keys: ["k"], effect: "previous message or row", run: () => step(-1) },
  { ...single, keys: ["Enter"], effect: "open the row" },
  {
    ...single,
    keys: ["G", "End"],
    effect: "newest message",
    applies: (target) => isPage(target) && hasMessages(),
    run: moveToNewest,
  },
  { ...single, keys: ["p"], effect: "next unread message", run: moveToUnread },
  { ...single, keys: ["u"], effect: "back to the list", run: backToList },
  {
    ...single,
    keys: ["r"],
    effect: "reply to the message, or write a new one",
    run: () => (current() ? clickIn(REPLY) : $("form.compose textarea")?.focus()),
  },
  { ...single, keys: ["e"], effect: "edit your message", run: () => clickIn(EDIT) },
  {
    ...single,
    keys: ["ArrowUp"],
    effect: "edit your last message, if the field is empty",
    applies: isEmptyComposer,
    run: editLast,
  },
  { ...single, keys: ["U"], effect: "mark the message as unread", run: () => clickIn('button[form="mark-unread"]') },
  { ...single, keys: ["n"], effect: "new message", run: () => $(".top .button")?.click() },
  { ...single, keys: ["i"], effect: "inbox", run: () => $(".brand")?.click() },
  { ...single, keys: ["/"], effect: "search", run: search },
  { ...single, keys: ["?"], effect: "show this list", run: () => $("[data-opens]")?.click() },
  { ...inForm, keys: ["Ctrl+Enter"], effect: "send", run: (target) => formOf(target)?.requestSubmit() },
  {
    ...inForm,
    keys: ["Escape"],
    effect: "close the form or the field; what you changed in an edit is discarded",
    run: (target) => {
      const form = formOf(target);
      if (form) closeForm(form);
    },
  },
];
