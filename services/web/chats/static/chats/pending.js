// @ts-check
// The rows of messages that the server has not accepted yet.

import { DEEPEST } from "./inserting.js";
import { $, $$, conversation, isTree, make, messages, required, thread } from "./page.js";
import { queued } from "./queue.js";
import { byId, deepBelow, depthOf } from "./rows.js";
import { gettext } from "./texts.js";

/** @typedef {(message: Unsent) => void} Choice */

// The characters that formatting removes: markers of quotes, items, code and emphasis, and blanks (chats/blocks.py).
const MARKERS = /^(?:[ \t]*(?:>|(?:[-*]|\d{1,3}\.)[ \t]))+|^```.*$|[*_`\s]/gm;
const LABEL = 30; // Characters of a message in the names of its buttons.

/** Whether this page shows the conversation or the thread of a message. @param {Unsent} message */
export const isHere = (message) =>
  messages && message.conversation === conversation && (!thread || message.thread === thread);
/** @param {Unsent} message */
export const formOf = ({ draft }) => $$("form.compose").find(({ dataset }) => dataset.draft === draft);
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
  const me = $(".menu summary");
  const meta = make("p", { className: `meta ${me?.className ?? ""}` });
  if (me) meta.dataset.i = me.dataset.i;
  meta.append(
    make("span", { className: "who", textContent: gettext("You") }),
    " ",
    make("span", { className: "progress" }),
  );
  const actions = make("p", { className: "actions" });
  const text = message.text.slice(0, LABEL);
  const again = button(gettext("Retry"), gettext("Retry: ‘%(text)s’", { text }));
  const discard = button(gettext("Discard"), gettext("Discard: ‘%(text)s’", { text }));
  again.onclick = () => retry(message);
  discard.onclick = () => dismiss(message);
  actions.append(again, " ", discard);
  row.append(meta, make("div", { className: "content", dir: "auto", textContent: message.text }), actions);
  place(row, message.parent);
  return row;
}

/** @param {string} textContent @param {string} ariaLabel */
const button = (textContent, ariaLabel) =>
  make("button", { type: "button", className: "link", textContent, ariaLabel, hidden: true });

/** @param {HTMLElement} row @param {string | undefined} parent */
function place(row, parent) {
  const above = isTree && byId(parent);
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

/**
 * Shows that messages of other pages were refused, with a link to the page that shows the oldest one.
 * @param {string} [handled] The id of a message that the storage may still contain.
 */
export function showLink(handled) {
  const old = $("#connection a");
  const message = queued().find((one) => one.why && one.id !== handled && !isHere(one));
  if (!message) return old?.remove();
  if (old?.dataset.unsent === message.id) return;
  const href = message.thread ? `/chats/thread/${message.thread}/` : `/chats/conversation/${message.conversation}/`;
  const link = make("a", { href, textContent: gettext("A message was not sent. Open its conversation.") });
  link.dataset.unsent = message.id;
  $("#connection")?.replaceChildren(link);
}

/** Called when a message was sent, discarded or returned to its form. @param {{ id: string }} message */
export function removeShown({ id }) {
  rowOf({ id })?.remove();
  if ($("#connection a")?.dataset.unsent === id) showLink(id);
}

/**
 * Removes the row of a message that has arrived. Before the response to its send, the text identifies it.
 * @param {HTMLElement} row
 */
export function removeUnsent(row) {
  if (!row.matches(".is-mine")) return;
  /** @param {HTMLElement} one */
  const textOf = (one) => $(".content", one)?.textContent.replace(MARKERS, "");
  const unsent = $$("li.is-unsent", required("ol.messages"));
  const known = unsent.find(({ dataset }) => row.id === `m${dataset.sent}`);
  (known ?? unsent.find((one) => !one.dataset.sent && textOf(one) === textOf(row)))?.remove();
}
