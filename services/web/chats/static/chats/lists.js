// Lists: inbox, unread, notifications.

import { get } from "./fetching.js";
import { $, $$, rows } from "./page.js";

const keyOf = (row) => row.dataset.counterpart ?? row.dataset.message ?? row.dataset.notification;

export async function refreshRows() {
  const page = await get(location.href);
  const found = page && $("#rows", page);
  if (!found || found.innerHTML === rows.innerHTML) return;
  const focused = document.activeElement?.closest("#rows li");
  const key = focused && keyOf(focused);
  rows.replaceChildren(...found.childNodes);
  if (key) $$("li", rows).find((row) => keyOf(row) === key)?.querySelector("a")?.focus();
}
