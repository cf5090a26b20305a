// @ts-check
// Keyboard shortcuts: the table of them, which one a key press means, and whether they are on.

import { tryTo } from "./events.js";
import { closeForm, opening } from "./forms.js";
import { $, $$, hasAround, isComposing, required } from "./page.js";
import { recall, remember } from "./remembered.js";
import { all, EDIT, REPLY } from "./rows.js";

// Single-key shortcuts can be turned off, because speech input may trigger them by accident (WCAG 2.1.4).
const SWITCHED_OFF = "bobbin-single-keys-off";
// The dialog of every page has a switch, the page of the settings another one.
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

/**
 * @typedef {object} Shortcut
 * @property {string[]} keys As `keyOf` returns them.
 * @property {"single" | "always"} kind The switch turns off the single keys.
 * @property {(target: Element) => boolean | undefined} applies
 * @property {(target: Element) => unknown} [run] Without it, the browser itself handles the key.
 */

/** @type {typeof import("./moving.js") | undefined} */
let moving;
/** @type {Promise<boolean> | undefined} */
let loading; // Keys that are pressed meanwhile wait, because they depend on the row that gets the focus.
const load = async () => void (moving = await import("./moving.js"));

/**
 * Loads what the keys need for moving. Pages that are used without a keyboard never need it.
 * @param {(loaded: typeof import("./moving.js")) => unknown} work
 */
async function move(work) {
  if (!moving) await (loading ??= tryTo(load).finally(() => (loading = undefined)));
  if (moving && !$("dialog[open]")) work(moving); // A dialog may have been opened meanwhile.
}

/** @param {Element} target */
const isPage = (target) => !target.matches("textarea, select, input:not([type=checkbox], [type=radio])");
/** @param {Element} target @returns {HTMLFormElement | null} */
const formOf = (target) => target.closest("form.compose");
/** @param {Element} target */
const isInForm = (target) => formOf(target) !== null;
/** @param {Element} target */
const isEmptyComposer = (target) =>
  target instanceof HTMLTextAreaElement && target.matches("main > form.compose textarea") && !target.value;

/** Whether Escape closes a thread that is beside its conversation, and nothing else. @param {Element} target */
const closesThread = (target) =>
  hasAround && isPage(target) && !$("dialog[open], .menu[open]") && matchMedia("(min-width: 75rem)").matches;

/** @returns {HTMLElement | null | undefined} */
const current = () => document.activeElement?.closest("li.message");
/** @param {string} selector */
const clickIn = (selector, within = current()) => within && $(selector, within)?.click();

function search() {
  const field = $('input[type="search"]');
  if (field) field.focus();
  else $('.top a[href$="/search/"]')?.click();
}

let isEntered = false; // Whether Enter was pressed in the finder before its module was loaded.
/** Opens the finder. Returns whether this page has one. */
export function openFinder() {
  const dialog = $("dialog#finder");
  if (dialog && !$("dialog[open]")) {
    dialog.showModal(); // At once, because the next letters belong to its field.
    dialog.onclose = () => void (required("input", dialog).value = "");
    isEntered = false; // An earlier opening may still wait for the module.
    dialog.onkeydown = (event) => {
      isEntered = event.key === "Enter" && event.target instanceof HTMLInputElement && !isComposing(event);
    };
    tryTo(async () => {
      const { startFinder } = await import("./finder.js");
      dialog.onkeydown = null;
      startFinder(isEntered);
    });
  }
  return dialog !== null;
}

const single = /** @type {const} */ ({ kind: "single", applies: isPage });
const inForm = /** @type {const} */ ({ kind: "always", applies: isInForm });

/**
 * `press` handles these, and the dialog lists them with their effects (listing.js).
 * @type {Shortcut[]}
 */
export const SHORTCUTS = [
  { ...single, keys: ["j"], run: () => move(({ step }) => step(1)) },
  { ...single, keys: ["k"], run: () => move(({ step }) => step(-1)) },
  { ...single, keys: ["Enter"] },
  {
    ...single,
    keys: ["G", "End"],
    applies: (target) => isPage(target) && all().length > 0,
    run: () => move(({ moveToNewest }) => moveToNewest()),
  },
  { ...single, keys: ["p"], run: () => move(({ moveToUnread }) => moveToUnread()) },
  { ...single, keys: ["u"], run: () => move(({ backToList }) => backToList()) },
  {
    ...single,
    keys: ["r"],
    run: () => (current() ? clickIn(REPLY) : $("form.compose textarea")?.focus()),
  },
  { ...single, keys: ["e"], run: () => clickIn(EDIT) },
  {
    ...single,
    keys: ["ArrowUp"],
    applies: isEmptyComposer,
    run: () => move(({ editLast }) => editLast()),
  },
  { ...single, keys: ["U"], run: () => clickIn('button[form="mark-unread"]') },
  { ...single, keys: ["n"], run: () => $(".top .button")?.click() },
  { ...single, keys: ["i"], run: () => $(".brand")?.click() },
  { ...single, keys: ["t"], run: () => $('.top a[href$="/threads/"]')?.click() },
  { ...single, keys: ["/"], run: search },
  { ...single, keys: ["?"], run: () => $("[data-opens]")?.click() },
  {
    kind: "always",
    keys: ["Ctrl+k"],
    applies: () => $("dialog#finder") !== null,
    run: openFinder,
  },
  { ...inForm, keys: ["Ctrl+Enter"], run: (target) => formOf(target)?.requestSubmit() },
  {
    kind: "always",
    keys: ["Escape"],
    applies: (target) => isInForm(target) || closesThread(target),
    run: (target) => {
      const form = formOf(target);
      if (form) closeForm(form);
      else $(".top .crumbs")?.click();
    },
  },
];

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
  if (isComposing(event)) return; // Escape cancels a composition.
  const target = event.target instanceof Element ? event.target : document.body;
  const key = keyOf(event);
  if (key === "Enter" && loading && isPage(target)) {
    event.preventDefault();
    // The browser would press what has the focus now, before an earlier key has moved it.
    loading.then(() => document.activeElement instanceof HTMLElement && document.activeElement.click());
    return;
  }
  const shortcut = SHORTCUTS.find(({ keys, run, applies }) => run && keys.includes(key) && applies(target));
  if (!shortcut) return;
  if (shortcut.kind === "always") {
    if (key === "Ctrl+k") event.preventDefault(); // A shortcut of browsers.
    return shortcut.run?.(target);
  }
  if (!areOn() || $("dialog[open]")) return;
  event.preventDefault();
  /** @param {Element} at */
  const run = (at) => !opening && !$("dialog[open]") && shortcut.applies(at) && shortcut.run?.(at);
  // An earlier key may have moved the focus to a field meanwhile.
  if (loading) loading.then(() => run(document.activeElement ?? target));
  else run(target);
}
