// @ts-check
// Marks the conversations of a list for which this browser has a draft. Only lists load it.

import { draftFor } from "./drafts.js";
import { $, $$, make, required } from "./page.js";
import { gettext } from "./texts.js";

/** @type {((within: ParentNode) => void)[]} What else other modules mark: the filter hides rows (filtering.js). */
export const marks = [markDrafts];

/** @param {ParentNode} within */
export function markRows(within) {
  for (const mark of marks) mark(within);
}

/** @param {ParentNode} within */
function markDrafts(within) {
  for (const row of $$("li[data-counterpart]", within)) {
    const mark = $(".draft", row);
    const hasDraft = Boolean(draftFor(`conversation:${row.dataset.conversation}`)?.text.trim());
    if (mark && !hasDraft) mark.remove();
    if (mark || !hasDraft) continue;
    required(".row", row).append(make("span", { className: "draft", textContent: gettext("Draft") }));
  }
}
