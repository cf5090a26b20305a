// @ts-check
// Refreshes lists: inbox, unread messages, notifications and search results. Keeps the place of the member in them.

import { namesIn, showDeparted } from "./counterpart.js";
import { get } from "./fetching.js";
import { $, $$, list } from "./page.js";
import { inTabStorage } from "./remembered.js";

const marks = list && import("./marks.js");

/** Marks the rows with a draft, which another page or tab may have changed. */
export const showMarks = async () => list && (await marks)?.markRows(list);

// Identifies a row of a list. Its address changes when its messages are read.
/** @param {HTMLElement} row */
export const keyOf = (row) =>
  row.dataset.counterpart ?? row.dataset.message ?? row.dataset.notification ?? row.dataset.root;

// `isMember`: whether a counterpart was renamed, deactivated or erased.
export async function refreshRows(isMember = false) {
  if (!list) return;
  const page = await get(location.href);
  const fresh = page && $(`#${list.id}`, page);
  if (fresh) (await marks)?.markRows(fresh);
  if (!fresh || fresh.innerHTML === list.innerHTML) return;
  const focused = $$("li", list).find((row) => row.contains(document.activeElement));
  const key = focused && keyOf(focused);
  const names = namesIn(list);
  list.replaceChildren(...fresh.childNodes);
  const again = key && $$("li", list).find((row) => keyOf(row) === key);
  if (again) $("a", again)?.focus();
  // In the inbox, a missing row always means an erasure. In other lists, rows disappear for many reasons.
  await showDeparted(names, list, isMember || $("[data-counterpart]", list) ? 3 : 0);
}

/** @typedef {{ key: string | undefined, at: number }} Place The row of a list that had the focus. */
/** @typedef {{ member: string | undefined, latest: string, rows: Record<string, Place> }} Places */
const PLACES = "bobbin-places";
const MOST = 20; // Lists whose rows are kept.
const { member } = document.body?.dataset ?? {};
export const here = () => location.pathname + location.search;

/** The list that this tab has shown last, and the row of each list that had the focus. @returns {Places} */
export function places() {
  const stored = inTabStorage((storage) => JSON.parse(storage.getItem(PLACES) ?? "null"), null);
  return stored?.member === member ? stored : { member, latest: "", rows: {} };
}

// Called when the page is left. A row that was clicked is not kept: its focus is not visible.
export function keepPlace() {
  if (!list?.isConnected) return;
  const { rows } = places();
  delete rows[here()]; // The latest one is the last.
  const { activeElement } = document;
  const all = activeElement?.matches(":focus-visible") ? $$(".rows > li", list) : [];
  const at = all.findIndex((row) => row.contains(activeElement));
  if (at >= 0) rows[here()] = { key: keyOf(all[at]), at };
  const kept = Object.fromEntries(Object.entries(rows).slice(-MOST));
  inTabStorage((storage) => storage.setItem(PLACES, JSON.stringify({ member, latest: here(), rows: kept })), undefined);
}

export const COLUMN = "bobbin-column"; // The place in the column (beside.js).

export function deletePlaces() {
  for (const key of [PLACES, COLUMN]) inTabStorage((storage) => storage.removeItem(key), undefined);
}
