// @ts-check
// The rows of messages that the server has not accepted yet.

import { $$, make, messages, required, thread } from "./page.js";
import { byId, deepBelow, depthOf } from "./rows.js";
import { DEEPEST } from "./thread.js";

/** @typedef {(message: Unsent) => void} Choice */

const LABEL = 30; // Characters of a message in the names of its buttons.

/** @param {{ id: string }} message */
export const rowOf = ({ id }) => $$("li.is-unsent").find(({ dataset }) => dataset.unsent === id);

/**
 * @param {Unsent} message
 * @param {{ retry: Choice, dismiss: Choice }} choices
 * @returns {HTMLElement}
 */
export function showRow(message, { retry, dismiss }) {
  const row = make("li", { className: "message is-mine is-unsent" });
  row.dataset.unsent = message.id;
  const meta = make("p", { className: "meta" });
  meta.append(make("span", { className: "who", textContent: "You" }), " ", make("span", { className: "progress" }));
  const actions = make("p", { className: "actions" });
  actions.append(button("Retry", message, retry), " ", button("Discard", message, dismiss));
  row.append(meta, make("div", { className: "content", dir: "auto", textContent: message.text }), actions);
  place(row, message.parent);
  return row;
}

/** @param {string} verb @param {Unsent} message @param {Choice} work */
function button(verb, message, work) {
  const made = make("button", { type: "button", className: "link", textContent: verb, hidden: true });
  made.ariaLabel = `${verb}: ‘${message.text.slice(0, LABEL)}’`;
  made.onclick = () => work(message);
  return made;
}

/** @param {HTMLElement} row @param {string | undefined} parent */
function place(row, parent) {
  const above = thread && byId(parent);
  if (!above) return messages?.append(row);
  const depth = depthOf(above) + 1;
  row.dataset.depth = String(depth);
  row.classList.add(`indent-${Math.min(depth, DEEPEST)}`);
  (deepBelow(above).at(-1) ?? above).after(row);
}

/** @param {Unsent} message @param {string} text @param {boolean} hasFailed */
export function showProgress(message, text, hasFailed) {
  const row = rowOf(message);
  if (!row) return;
  required(".progress", row).textContent = text;
  row.classList.toggle("is-failed", hasFailed);
  for (const choice of $$("button", row)) choice.hidden = !hasFailed;
}
