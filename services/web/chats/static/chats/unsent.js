// @ts-check
// Sends the texts of composers and replies, and shows them as rows at once. Loaded when a text is typed, or when a message
// waits in the queue.

import { say, sayAccepted } from "./arrivals.js";
import { deleteDraft, holdsText, sentFrom, storeDraft } from "./drafts.js";
import { tryTo } from "./events.js";
import { get, headingOf, parse } from "./fetching.js";
import { closeForm } from "./forms.js";
import { fail, leave } from "./keeping.js";
import { tabs } from "./live.js";
import { $, $$, conversation, messages, required, thread } from "./page.js";
import { rowOf, showProgress, showRow } from "./pending.js";
import { discard, queued, sendQueue, settled, store } from "./queue.js";
import { byId, lastId, link } from "./rows.js";
import { adviceFor, renew, SAID, showErrors } from "./sending.js";
import { showState } from "./seen.js";
import { awaitResponse, merge, refreshMessages } from "./thread.js";

const WAITING = "Not sent yet";
const MOMENT = 1_000; // Milliseconds that live updates wait for the response to a send.
let release = () => {};
/** The messages that this page shows as unsent, by id. @type {Map<string, Unsent>} */
const unsent = new Map();

/** @param {Unsent} message */
const isHere = (message) => messages && message.conversation === conversation && (!thread || message.thread === thread);
/** @param {Unsent} message */
const formOf = ({ draft }) => $$("form.compose").find(({ dataset }) => dataset.draft === draft);

const shown = {
  /** @param {Unsent} message */
  sending(message) {
    const answered = new Promise((done) => (release = () => done(undefined)));
    awaitResponse(Promise.race([answered, new Promise((done) => setTimeout(done, MOMENT))]));
    showProgress(message, "Sending…", false);
  },
  /** @param {Unsent} message */
  waiting(message) {
    release();
    showProgress(message, WAITING, true);
  },
  accepted,
  refused,
};

export const sendAll = () => sendQueue(shown);

/** @param {HTMLFormElement} form */
export function sendText(form) {
  const area = required("textarea", form);
  if (form.dataset.stopped || !area.value.trim()) return area.focus();
  const message = messageOf(form, area.value);
  store(message);
  deleteDraft(form);
  tabs.postMessage(sentFrom(form));
  if (form.closest("li.message")) closeForm(form);
  else renew(form);
  show(message).scrollIntoView({ block: "nearest", behavior: "instant" });
  sendAll();
}

/** @param {HTMLFormElement} form @param {string} text @returns {Unsent} */
function messageOf(form, text) {
  const fields = Object.fromEntries(new FormData(form));
  delete fields.csrfmiddlewaretoken; // It may be another one when the message is sent.
  const latest = queued().at(-1)?.at ?? 0;
  return {
    id: form.elements.client_id.value,
    text,
    at: Math.max(Date.now(), latest + 1),
    draft: String(form.dataset.draft),
    action: form.action,
    fields: /** @type {Record<string, string>} */ (fields),
    conversation: String(conversation),
    thread,
    parent: /\/(\d+)\/reply\/$/.exec(form.action)?.[1],
  };
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
  rowOf(message)?.remove();
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
  showProgress(message, "Sent", false);
  if (link("next") && !thread && !byId(id)) {
    row?.remove();
    leave(address, "Your message was sent. It is on a later page.", formOf(message));
  } else tryTo(() => showSent(id)); // The message was sent. If this fails, the next update shows it.
}

/** @param {number} id */
async function showSent(id) {
  if (!link("next")) await refreshMessages([byId(id) ? id : lastId() + 1]);
  else {
    // This page does not show the end of the thread: insert only the sent message.
    const page = await get(`${location.pathname}?at=${id}`);
    if (page) merge(page, (other) => other === id);
  }
  const row = byId(id);
  if (row && !$(".seen", row)) showState(row, "sent");
  $$("li.is-unsent")
    .find(({ dataset }) => dataset.sent === String(id))
    ?.remove();
}

/**
 * Returns the text to its form, with the reason. If the form has another text by now, or if it is not on this page, the
 * row shows the reason.
 * @param {Unsent} message
 * @param {number} status
 * @param {string} html
 */
function refused(message, status, html) {
  release();
  const answer = [409, 422].includes(status) ? $("form.compose", parse(html)) : null;
  const form = formOf(message);
  if (form && !holdsText(form)) return giveBack(form, message, answer, `${headingOf(html)}. ${adviceFor(status)}`);
  const said = answer && $$(SAID, answer).map(({ textContent }) => textContent.trim());
  const why = said?.join(" ") || headingOf(html);
  // The text may be sent again to the present name of the receiver, which the row shows.
  const to = answer?.elements.to?.value;
  const kept = { ...message, why, fields: to ? { ...message.fields, to } : message.fields };
  store(kept);
  if (isHere(kept)) showRefused(kept);
}

/** @param {Unsent} message */
function showRefused(message) {
  const text = `Not sent: ${message.why}`;
  if (!rowOf(message)) show(message);
  unsent.set(message.id, message);
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

// Shows the messages of this page that wait in the queue, and sends all.
function begin() {
  for (const message of queued().filter(isHere)) {
    show(message);
    if (message.why) showRefused(message);
    else showProgress(message, WAITING, true);
  }
  if (queued().length) sendAll();
}

addEventListener("online", sendAll);
settled.onmessage = ({ data }) => removeRow({ id: data });
// The member is back. If another one was here meanwhile, that page has deleted the queue.
document.addEventListener("here", () => {
  unsent.forEach(store);
  sendAll();
});
begin();
