// @ts-check
// The button "↓ 3 new" above the composer: how many messages arrived outside the window. Loaded when one does.

import { make, required } from "./page.js";
import { reveal } from "./folding.js";
import { all, focusRow, sideOf } from "./rows.js";
import { ngettext } from "./texts.js";

/** @type {Set<HTMLElement>} */
const unseen = new Set();
const pill = make("button", { type: "button", className: "pill", hidden: true });
let isWaiting = false;

const first = () => all().find((row) => unseen.has(row));

function show() {
  isWaiting = false;
  for (const row of unseen) if (!row.isConnected || sideOf(row) === 0) unseen.delete(row);
  const row = first();
  pill.hidden = !row;
  if (!row) return;
  const { size } = unseen;
  const count = ngettext("%(count)s new", "%(count)s new", size);
  const text = `${sideOf(row) < 0 ? "↑" : "↓"} ${count}`;
  if (pill.textContent === text) return;
  pill.textContent = text;
  pill.ariaLabel = ngettext("%(count)s new: go to the first", "%(count)s new: go to the first", size);
}

// After the next frame, in which composer.js may scroll to the end of the page.
function showSoon() {
  if (isWaiting || !unseen.size) return;
  isWaiting = true;
  requestAnimationFrame(() => setTimeout(show));
}

pill.onclick = () => {
  const row = first();
  if (!row) return;
  reveal(row);
  row.scrollIntoView();
  focusRow(row);
};

/**
 * Counts new rows until they are in view. The messages stay unread until then (seen.js).
 * @param {HTMLElement[]} rows
 */
export function watchArrivals(rows) {
  for (const row of rows) unseen.add(row);
  if (!pill.isConnected) {
    required("main").append(pill);
    addEventListener("scroll", showSoon, { passive: true });
    addEventListener("resize", showSoon);
  }
  showSoon();
}
