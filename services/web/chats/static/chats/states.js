// @ts-check
// The states of own messages: unsent, sent, read.

import { $, $$, make, required } from "./page.js";
import { byId } from "./rows.js";

/**
 * Removes the row of unsent.js for a message that has arrived. Before the response to its send, the text identifies it.
 * @param {HTMLElement} row
 */
export function removeUnsent(row) {
  if (!row.matches(".is-mine")) return;
  /** @param {HTMLElement} one */
  const textOf = (one) => $(".content", one)?.textContent;
  const unsent = $$("li.is-unsent", required("ol.messages"));
  const known = unsent.find(({ dataset }) => dataset.sent === row.dataset.message);
  (known ?? unsent.find((one) => !one.dataset.sent && textOf(one) === textOf(row)))?.remove();
}

/**
 * Shows the state of an own message. Only the last sent one is shown as sent.
 * @param {HTMLElement} row
 * @param {"sent" | "read"} state
 */
export function showState(row, state) {
  if (state === "sent") $$("span.sent").forEach((old) => old.remove());
  $(".sent", row)?.remove();
  const className = state === "read" ? "seen" : state;
  required(".meta", row).append(" ", make("span", { className, textContent: state }));
}

/** @param {LiveEvent} event */
export function markSeen({ ids = [] }) {
  for (const row of ids.map(byId)) if (row?.matches(".is-mine") && !$(".seen", row)) showState(row, "read");
}
