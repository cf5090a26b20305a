// @ts-check
// Refreshes lists: inbox, unread messages, notifications and search results.

import { namesIn, showDeparted } from "./counterpart.js";
import { get } from "./fetching.js";
import { $, $$, found as hits, rows } from "./page.js";

/** @param {HTMLElement} row */
const keyOf = (row) => row.dataset.counterpart ?? row.dataset.message ?? row.dataset.notification;

// `isMember`: whether a counterpart was renamed, deactivated or erased.
export async function refreshRows(isMember = false) {
  const page = await get(location.href);
  const found = page && $("#rows", page);
  if (!found || !rows || found.innerHTML === rows.innerHTML) return;
  /** @type {HTMLElement | null | undefined} */
  const focused = document.activeElement?.closest("#rows li");
  const key = focused && keyOf(focused);
  const names = namesIn(rows);
  rows.replaceChildren(...found.childNodes);
  const again = key && $$("li", rows).find((row) => keyOf(row) === key);
  if (again) $("a", again)?.focus();
  // In the inbox, a missing row always means an erasure. In other lists, rows disappear for many reasons.
  await showDeparted(names, rows, isMember || $("[data-counterpart]", rows) ? 3 : 0);
}

export async function refreshFound() {
  const page = await get(location.href);
  const fresh = page && $("#found", page);
  if (fresh && hits && fresh.innerHTML !== hits.innerHTML) hits.replaceChildren(...fresh.childNodes);
}
