// @ts-check
// The list that the member came from, and the row there. The keys return to them. Each tab has its own.

import { focusedRow, moveBackTo } from "./moving.js";
import { $, list } from "./page.js";
import { inTabStorage } from "./remembered.js";

/** @import { Row } from "./moving.js" */
/** @typedef {{ member: string | undefined, latest: string, rows: Record<string, Row> }} Places */

const KEY = "bobbin-places";
const MOST = 20; // Lists whose rows are kept.
const member = document.body?.dataset.member;
const here = () => location.pathname + location.search;

/** @returns {Places} */
function read() {
  const stored = inTabStorage((storage) => JSON.parse(storage.getItem(KEY) ?? "null"), null);
  return stored?.member === member ? stored : { member, latest: "", rows: {} };
}

// Called when the page is left.
export function keepPlace() {
  if (!list?.isConnected) return;
  const { rows } = read();
  const row = focusedRow();
  delete rows[here()]; // The latest one is the last.
  if (row) rows[here()] = row;
  const kept = Object.fromEntries(Object.entries(rows).slice(-MOST));
  inTabStorage((storage) => storage.setItem(KEY, JSON.stringify({ member, latest: here(), rows: kept })), undefined);
}

export function returnToPlace() {
  const row = list && read().rows[here()];
  if (row) moveBackTo(row);
}

export const deletePlaces = () => inTabStorage((storage) => storage.removeItem(KEY), undefined);

// Goes to the list that this tab has shown last, or to the inbox.
export function backToList() {
  const inbox = $("a.brand")?.href;
  const { latest } = read();
  const address = latest && latest !== here() ? latest : inbox;
  if (address && address !== location.href) location.assign(address);
}
