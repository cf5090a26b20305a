// @ts-check
// Sends texts of composers and replies, and shows them at once. Loaded when a text is typed or waits in the queue.

import { say, sayAccepted } from "./arrivals.js";
import { isAway } from "./away.js";
import { deleteDraft, holdsText, sentFrom, storeDraft } from "./drafts.js";
import { tryTo } from "./events.js";
import { get, headingOf, parse } from "./fetching.js";
import { closeForm } from "./forms.js";
import { fail, leave } from "./keeping.js";
import { tabs } from "./live.js";
import { $, $$, addressOf, isTree, required, thread } from "./page.js";
import { formOf, isHere, removeShown, removeUnsent, rowOf, showLink, showProgress, showRow } from "./pending.js";
import { discard, messageOf, queued, sendQueue, settled, store, tab } from "./queue.js";
import { byId, lastId, link } from "./rows.js";
import { problemOf, renew, SAID, showErrors } from "./sending.js";
import { showSent } from "./seen.js";
import { gettext } from "./texts.js";
import { awaitResponse, merge, refreshMessages } from "./thread.js";

/** @param {Unsent} message */
const refusalOf = ({ why }) => gettext("Not sent: %(reason)s", { reason: String(why) });
const MOMENT = 1_000; // Milliseconds that live updates wait for the response to a send.
let release = () => {};
/** The messages that this page shows as unsent, by id. @type {Map<string, Unsent>} */
const unsent = new Map();

const shown = {
  /** @param {Unsent} message */
  sending(message) {
    const answered = new Promise((done) => (release = () => done(undefined)));
    awaitResponse(Promise.race([answered, new Promise((done) => setTimeout(done, MOMENT))]));
    showProgress(message, gettext("Sending…"), false);
  },
  /** @param {Unsent} message */
  waiting(message) {
    release();
    showProgress(message, gettext("Not sent yet"), true);
  },
  accepted,
  refused,
};

export const sendAll = () => sendQueue(shown);

/**
 * Sends the text that the form had when Enter was pressed, and keeps what was typed since.
 * @param {HTMLFormElement} form
 * @param {string} text
 */
export function sendText(form, text = required("textarea", form).value) {
  const area = required("textarea", form);
  if (form.dataset.stopped || !text.trim()) return area.focus();
  const message = messageOf(form, text);
  store(message);
  const { value, selectionEnd: place } = area;
  const rest = value.startsWith(text) ? value.slice(text.length) : value;
  deleteDraft(form);
  tabs.postMessage(sentFrom(form, text));
  if (!rest && form.closest("li.message")) closeForm(form);
  else renew(form);
  if (rest) {
    area.value = rest;
    area.selectionEnd = Math.max(place - value.length + rest.length, 0);
    storeDraft(form);
  }
  show(message).scrollIntoView({ block: "nearest", behavior: "instant" });
  sendAll();
}

/** @param {Unsent} message */
function show(message) {
  unsent.set(message.id, message);
  return showRow(message, { retry, dismiss });
}

/** @param {Unsent} message */
function retry(message) {
  const stored = queued().find(({ id }) => id === message.id) ?? message;
  store({ ...stored, why: undefined });
  sendAll();
}

/** @param {{ id: string }} message */
function removeRow(message) {
  unsent.delete(message.id);
  removeShown(message);
}

/** @param {Unsent} message */
function dismiss(message) {
  removeRow(message);
  discard(message);
  $(".composer textarea")?.focus();
}

/** @param {Unsent} message @param {string} address The URL of a page that shows the message. */
function accepted(message, address) {
  release();
  sayAccepted();
  unsent.delete(message.id);
  if (!isHere(message)) return;
  const id = Number(/(\d+)\D*$/.exec(address)?.[1]);
  const row = rowOf(message);
  if (row) row.dataset.sent = String(id);
  showProgress(message, gettext("Sent"), false);
  if (link("next") && !isTree && !byId(id)) {
    row?.remove();
    const there = thread ? `${addressOf(`at=${id}`)}#m${id}` : address;
    leave(there, gettext("Your message was sent. It is on a later page."));
  } else tryTo(() => showAsSent(id)); // The message was sent. If this fails, the next update shows it.
}

/** @param {number} id */
async function showAsSent(id) {
  if (!link("next")) await refreshMessages([byId(id) ? id : lastId() + 1]);
  else {
    const page = await get(addressOf(`at=${id}`)); // Of a tree, whose end this page does not show.
    if (page) merge(page, (other) => other === id);
  }
  const row = byId(id);
  if (row && !$(".seen", row)) showSent(row);
  $$("li.is-unsent")
    .find(({ dataset }) => dataset.sent === String(id))
    ?.remove();
}

/** @param {Unsent} message @param {number} status @param {string} html */
function refused(message, status, html) {
  release();
  const answer = [409, 422].includes(status) ? $("form.compose", parse(html)) : null;
  const said = answer && $$(SAID, answer).map(({ textContent }) => textContent.trim());
  const why = said?.join(" ") || headingOf(html);
  // The text may be sent again to the present name of the receiver, which the row shows.
  const to = answer?.elements.to?.value;
  const kept = { ...message, why, fields: to ? { ...message.fields, to } : message.fields };
  store(kept); // The other tabs show it too: see bobbin.js.
  showRefused(kept, answer, problemOf(status, html));
}

/**
 * Returns the text to its form, with the reason: of the tab that sent it, or else of a page that opens later. If the form
 * has another text by now, the row shows the reason. A page of something else shows a link.
 * @param {Unsent} message
 * @param {HTMLFormElement | null} [answer] The form in the response.
 */
function showRefused(message, answer = null, why = refusalOf(message), isOpening = false) {
  const form = formOf(message);
  const isWanted = (message.tab === tab || isOpening) && !document.hidden; // The member may be in another tab.
  if (isWanted && form && !holdsText(form)) giveBack(form, message, answer, why);
  else if (isHere(message)) showReason(message);
  else showLink();
}

/** @param {Unsent} message */
function showReason(message) {
  const text = refusalOf(message);
  const row = rowOf(message) ?? show(message);
  unsent.set(message.id, message);
  if (required(".progress", row).textContent === text) return;
  showProgress(message, text, true);
  say(text);
}

/** @param {HTMLFormElement} form @param {Unsent} message @param {HTMLFormElement | null} answer @param {string} why */
function giveBack(form, message, answer, why) {
  removeRow(message);
  discard(message);
  required("textarea", form).value = message.text;
  if (answer) showErrors(form, answer);
  else fail(form, why);
  storeDraft(form);
}

// Also shows the messages that another tab has sent.
export function showAllRefused(isOpening = false) {
  if (isAway()) return;
  for (const message of queued().filter(({ why }) => why)) showRefused(message, null, undefined, isOpening);
}

// Shows the messages of this page that wait in the queue, and sends all.
function begin() {
  for (const message of queued().filter((one) => !one.why && isHere(one))) {
    show(message);
    shown.waiting(message);
  }
  showAllRefused(true);
  if (queued().length) sendAll();
}

addEventListener("online", sendAll);
document.addEventListener("arrived", ({ target }) => removeUnsent(/** @type {HTMLElement} */ (target)));
document.addEventListener("visibilitychange", () => showAllRefused());
settled.onmessage = ({ data }) => removeRow({ id: data });
// The member is back. If another one was here meanwhile, that page has deleted the queue.
document.addEventListener("here", () => {
  unsent.forEach(store);
  sendAll();
});
begin();
