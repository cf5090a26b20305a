// @ts-check
// The pages of the list of conversations, without their frames, for the column (beside.js).

import { get } from "./fetching.js";
import { $, $$ } from "./page.js";

/** @typedef {Map<string, HTMLElement>} Rows In the order of the list. */

export const LIST = "/chats/";

/** @param {HTMLElement} row */
export const keyOf = (row) => String(row.dataset.conversation);

/** The row of a conversation, as the server has sent it. @type {WeakMap<Element, string>} */
const sources = new WeakMap();

/**
 * Returns the shown row if it is still true, or a new one.
 * @param {HTMLElement} fresh
 * @param {HTMLElement | undefined} known
 */
export function rowFor(fresh, known) {
  if (known && (known === fresh || sources.get(known) === fresh.outerHTML)) return known;
  const row = document.importNode(fresh, true);
  sources.set(row, fresh.outerHTML);
  return row;
}

/** @type {(rows: HTMLElement[]) => Rows} */
export const byKey = (rows) => new Map(rows.map((row) => [keyOf(row), row]));

/**
 * Adds the rows of a page, except those that have moved there since another page was fetched. Returns the address of the
 * next page, or "".
 * @param {Rows} fresh
 * @param {string} address
 */
export async function fetchRows(fresh, address) {
  const page = await get(`${address}${address.includes("?") ? "&" : "?"}part=rows`);
  for (const row of page ? $$("#rows .rows > li", page) : []) if (!fresh.has(keyOf(row))) fresh.set(keyOf(row), row);
  const next = page && $('#rows nav.pages a[rel="next"]', page)?.search;
  return next ? LIST + next : "";
}

/** @param {HTMLElement} row */
const timeOf = (row) => $("time", row)?.dateTime;

/**
 * Returns the shown rows after a new first page, or none if the later pages must be fetched again: if the last row of the
 * first page has moved, rows may be missing after it, and the row of the open conversation must not stay unread.
 * @param {Rows} first
 * @param {HTMLElement[]} shown
 * @param {string | undefined} open
 */
export function laterRows(first, shown, open) {
  const last = [...first.values()].at(-1);
  const at = shown.findIndex((row) => last && keyOf(row) === keyOf(last) && timeOf(row) === timeOf(last));
  const later = at < 0 ? [] : shown.slice(at + 1).filter((row) => !first.has(keyOf(row)));
  return later.some((row) => keyOf(row) === open && row.matches(".is-unread")) ? [] : later;
}
