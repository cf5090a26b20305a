// Folds the replies below depth 4 of a thread.

import { $, messages } from "./page.js";
import { all, byId, deepBelow, depthOf, targetId } from "./rows.js";

const FOLDED_BELOW = 4;

export function fold() {
  if (!messages.dataset.thread) return;
  const target = byId(targetId());
  for (const row of all()) {
    const below = row.nextElementSibling;
    if (depthOf(row) !== FOLDED_BELOW || !below || depthOf(below) <= FOLDED_BELOW || $(".fold", row)) continue;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "fold link" });
    $(".actions", row).append(button);
    const deep = deepBelow(row);
    // The latest message, new messages and the target of a link stay visible.
    const stays = (one) => one === target || !one.nextElementSibling || one.matches(".is-new");
    setFold(row, button, deep.length < 3 || deep.some(stays));
  }
}

export function reveal(row) {
  let above = row;
  while (above && depthOf(above) > FOLDED_BELOW) above = above.previousElementSibling;
  const button = above && above !== row && $(".fold", above);
  if (button) setFold(above, button, true);
}

export function setFold(row, button, open) {
  const deep = deepBelow(row);
  for (const below of deep) below.hidden = !open;
  button.setAttribute("aria-expanded", open);
  button.textContent = open ? "Fold replies" : `Show ${deep.length} more ${deep.length === 1 ? "reply" : "replies"}`;
}
