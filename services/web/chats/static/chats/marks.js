// @ts-check
// Marks the conversations of the inbox for which this browser has a draft. Only lists load it.

import { draftFor } from "./drafts.js";
import { $, $$, make, required } from "./page.js";

/** @param {ParentNode} within */
export function markDrafts(within) {
  for (const row of $$("li[data-counterpart]", within)) {
    const mark = $(".draft", row);
    const hasDraft = Boolean(draftFor(`conversation:${row.dataset.conversation}`)?.text.trim());
    if (mark && !hasDraft) mark.remove();
    if (!mark && hasDraft) required(".row", row).append(make("span", { className: "draft", textContent: "Draft" }));
  }
}
