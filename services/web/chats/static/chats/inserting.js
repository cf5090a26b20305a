// @ts-check
// Inserts the rows of messages at their places.

import { $, isTree, messages, required } from "./page.js";
import { all, byId, deepBelow, depthOf, idOf } from "./rows.js";

export const DEEPEST = 6; // As in chats/order.py.

/**
 * Inserts a row among the replies to its parent. Without a parent on this page, inserts it by its id.
 * @param {HTMLElement} row
 */
export function insert(row) {
  const parent = isTree && byId(row.dataset.parent);
  if (!parent) return insertByTime(row);
  const depth = depthOf(parent) + 1;
  let place = parent;
  for (const below of deepBelow(parent)) {
    if (depthOf(below) === depth && idOf(below) > idOf(row)) break;
    place = below;
  }
  row.classList.replace(`indent-${Math.min(depthOf(row), DEEPEST)}`, `indent-${Math.min(depth, DEEPEST)}`);
  row.dataset.depth = String(depth);
  if (depth <= DEEPEST) $(".answers", row)?.remove();
  return place.after(row);
}

/** @param {HTMLElement} row */
function insertByTime(row) {
  const next = all().find((other) => idOf(other) > idOf(row) && !depthOf(other));
  const place = next ?? $("li.is-unsent:not([data-depth])", required("ol.messages"));
  if (place) place.before(row);
  else messages?.append(row);
  // In a thread, a reply to the message before it does not quote it (chats/order.py).
  const previous = all().findLast((other) => idOf(other) < idOf(row));
  if (!isTree && previous && previous.id === `m${row.dataset.parent}`) $(".answers", row)?.remove();
}

// Moves rows below their parents, after an earlier page with these parents was loaded.
export function settle() {
  if (!isTree) return;
  for (const row of all().sort((one, other) => idOf(one) - idOf(other))) {
    const parent = byId(row.dataset.parent);
    if (parent && depthOf(row) !== depthOf(parent) + 1) insert(row);
  }
}
