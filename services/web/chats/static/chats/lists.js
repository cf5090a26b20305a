// @ts-check
// Refreshes lists: inbox, unread messages, notifications and search results.

import { namesIn, showDeparted } from "./counterpart.js";
import { get } from "./fetching.js";
import { $, $$, list } from "./page.js";

/** @param {HTMLElement} row */
const keyOf = (row) => row.dataset.counterpart ?? row.dataset.message ?? row.dataset.notification;

// `isMember`: whether a counterpart was renamed, deactivated or erased.
export async function refreshRows(isMember = false) {
  if (!list) return;
  const page = await get(location.href);
  const fresh = page && $(`#${list.id}`, page);
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
