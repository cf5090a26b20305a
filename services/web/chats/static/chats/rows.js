// @ts-check
// The rows of the messages on this page, in order.

import { $, $$, messages } from "./page.js";

export const REPLY = '.actions a[href$="/reply/"]';
// The link of a reply in a conversation to its thread.
const THREAD = '.actions a[href^="/chats/thread/"]';
export const EDIT = '.actions a[href$="/edit/"]';
const LINE = 16; // Pixels of a row that are visible at least.
export const END = "#end"; // The fragment of a page whose newest message receives the focus (moving.js).
// The row of a message. A message that the server has not accepted yet has no id (pending.js).
export const ROW = "li[id]";
export const all = () => (messages ? $$(ROW, messages) : []);
/** @param {HTMLElement} row */
export const idOf = (row) => Number(row.id.slice(1));
// The id of the first message of the thread of a reply in a conversation, else 0.
/** @param {HTMLElement} row */
export const rootOf = (row) => Number(/(\d+)\/$/.exec($(THREAD, row)?.pathname ?? "")?.[1] ?? 0);
/** @param {number | string | undefined} id */
export const byId = (id) => document.getElementById(`m${id}`);
// The message id in the URL fragment. Before the first paint, `:target` is not set yet.
export const targetId = () => /^#m([1-9]\d{0,18})$/.exec(location.hash)?.[1];
/** @param {HTMLElement} row */
export const depthOf = (row) => Number(row.dataset.depth ?? 0);
export const lastId = () => Math.max(...all().map(idOf));
// The place where the composer begins, which covers the end of the window.
export const viewEnd = () => innerHeight - ($(".composer")?.offsetHeight ?? 0);
/**
 * Whether the item is above the visible part of the page (-1), in it (0) or below it (1).
 * @param {HTMLElement | Range} item
 */
export function sideOf(item) {
  const { top, bottom } = item.getBoundingClientRect();
  const header = Math.max(0, $(".top")?.getBoundingClientRect().bottom ?? 0); // It covers what is scrolled below it.
  return top >= viewEnd() ? 1 : bottom <= header + LINE ? -1 : 0;
}

/** @param {HTMLElement | Range} item */
export const isInView = (item) => sideOf(item) === 0;

/**
 * Moves the focus to the row of a message, for the keys that act on a row. Does not scroll.
 * @param {HTMLElement} row
 */
export function focusRow(row) {
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
}

const DOUBLE_TAP = 500; // Milliseconds. The second tap must not hit an action that has moved to its place.
/** @type {number | undefined} */
let revealing;

/**
 * Shows the actions of a row below its message on a touch screen, and hides those of any other row. The text stays where
 * it was touched, until the actions of a row at the end of the window are scrolled into view.
 * @param {HTMLElement | null} row
 */
export function chooseRow(row) {
  const chosen = $(".is-chosen", messages ?? document);
  if (chosen === row) return;
  const top = () => (row && $(".content", row)?.getBoundingClientRect().top) ?? 0;
  const touched = top();
  chosen?.classList.remove("is-chosen");
  row?.classList.add("is-chosen");
  scrollBy({ top: top() - touched, behavior: "instant" });
  clearTimeout(revealing);
  if (row) revealing = setTimeout(() => $(".actions", row)?.scrollIntoView({ block: "nearest" }), DOUBLE_TAP);
}

/**
 * The link to the previous page or to the next page.
 * @param {"prev" | "next"} rel
 */
export const link = (rel) => $(`nav.pages a[rel="${rel}"]`);

/** @param {HTMLElement} row */
export const before = (row) => /** @type {HTMLElement | null} */ (row.previousElementSibling);
/** @param {HTMLElement} row */
export const after = (row) => /** @type {HTMLElement | null} */ (row.nextElementSibling);

/**
 * The direct and indirect replies to a message, which follow its row with a larger depth.
 * @param {HTMLElement} row
 */
export function deepBelow(row) {
  const found = [];
  for (let next = after(row); next && depthOf(next) > depthOf(row); next = after(next)) found.push(next);
  return found;
}
