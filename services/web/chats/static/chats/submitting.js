// @ts-check
// Handles the submission of forms. The code that sends them is loaded when a text is typed.

import { isEdit } from "./drafts.js";
import { isUnanswered } from "./fetching.js";
import { fail, NOT_CONNECTED } from "./keeping.js";
import { messages, required } from "./page.js";
import { leaveUnread } from "./seen.js";
import { gettext } from "./texts.js";

const BUTTONS = "#mark-unread, #read-all, [data-notification] form"; // Forms that consist of one button.

const loadSending = () => import("./sending.js");
/** @type {Promise<typeof import("./unsent.js")> | undefined} */
let loading; // Shared, because Chromium resolves several imports of a module in the reverse order.
export const loadUnsent = () => (loading ??= import("./unsent.js").finally(() => (loading = undefined)));

/** The texts that wait for unsent.js: what is typed behind them is not sent. @type {WeakMap<HTMLFormElement, string>} */
const entered = new WeakMap();

/** @param {HTMLFormElement} form */
function sendEntered(form) {
  const { value } = required("textarea", form);
  const before = entered.get(form) ?? "";
  const text = value.startsWith(before) ? value.slice(before.length) : value;
  entered.set(form, value);
  return loadUnsent()
    .then(({ sendText }) => sendText(form, text))
    .finally(() => entered.delete(form));
}

/** The texts that the page sends by itself when it has a connection. @type {Map<HTMLFormElement, string>} */
const later = new Map();

function sendLater() {
  const texts = [...later];
  later.clear();
  // A form that was changed, or whose page is hidden from another member, sends nothing.
  for (const [form, text] of texts)
    if (form.isConnected && required("textarea", form).value === text) form.requestSubmit();
}

/** @param {SubmitEvent} event */
export function send(event) {
  const { target: form, submitter } = event;
  if (!(form instanceof HTMLFormElement && form.matches("form.compose"))) return;
  event.preventDefault();
  later.delete(form);
  const text = required("textarea", form).value;
  const work =
    messages && !isEdit(form) ? sendEntered(form) : loadSending().then(({ submit }) => submit(form, submitter));
  work.catch((error) => {
    if (!isUnanswered(error)) throw error;
    later.set(form, text);
    addEventListener("online", sendLater, { once: true });
    fail(form, navigator.onLine ? NOT_CONNECTED : gettext("Not sent yet"));
  });
}

/** @param {SubmitEvent} event */
export function sendButton(event) {
  const { target: form, submitter } = event;
  if (!(form instanceof HTMLFormElement && form.matches(BUTTONS)) || "prepared" in form.dataset) return;
  event.preventDefault();
  leaveUnread(submitter?.closest("li.message") ?? null); // At once: its report may be due while buttons.js is loaded.
  const submit = () => {
    form.dataset.prepared = "";
    form.requestSubmit(submitter); // Without a connection, the browser shows its own page.
    delete form.dataset.prepared;
  };
  const prepared = import("./buttons.js").then((buttons) => buttons.prepare(submitter));
  prepared.then((isReady) => isReady && submit(), submit);
}

// Loads what sends forms: when a text is typed, or before the connection may be lost.
export const prepare = () => (messages ? loadUnsent() : loadSending()).catch(() => {});
