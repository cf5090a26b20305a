// @ts-check
// Inserts the rows of messages at their places.

import { $, messages, required, thread } from "./page.js";
import { all, byId, deepBelow, depthOf, idOf } from "./rows.js";

export const DEEPEST = 6; // As in chats/rows.py.

/**
 * Inserts a row among the replies to its parent. Without a parent on this page, inserts it by its id.
 * @param {HTMLElement} row
 */
export function insert(row) {
  const parent = thread && byId(row.dataset.parent);
  if (!parent) {
    const next = all().find((other) => idOf(other) > idOf(row) && !depthOf(other));
    const place = next ?? $("li.is-unsent:not([data-depth])", required("ol.messages"));
    return place ? place.before(row) : messages?.append(row);
  }
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

// Moves rows below their parents, after an earlier page with these parents was loaded.
export function settle() {
  if (!thread) return;
  for (const row of all().sort((one, other) => idOf(one) - idOf(other))) {
    const parent = byId(row.dataset.parent);
    if (parent && depthOf(row) !== depthOf(parent) + 1) insert(row);
  }
}
