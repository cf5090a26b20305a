// @ts-check
// Sends edits, and the forms of pages without messages. A form that is not accepted keeps its text. unsent.js sends all
// other forms. Loaded when a text is typed.

import { sayAccepted } from "./arrivals.js";
import { AwayError, isAway } from "./away.js";
import { deleteDraft, isEdit, sentFrom, storeDraft } from "./drafts.js";
import { tryTo } from "./events.js";
import { checkSession, headingOf, inTime, isUnanswered, parse, sendWithToken } from "./fetching.js";
import { closeForm, free } from "./forms.js";
import { fail, NOT_CONNECTED } from "./keeping.js";
import { tabs } from "./live.js";
import { $, $$, messages, required } from "./page.js";
import { gettext } from "./texts.js";
import { refreshMessages } from "./thread.js";

// SAID: the errors in the response to a form. PRESENT: the present text of a message after an edit conflict.
export const SAID = ".errorlist, .stands";
const PRESENT = ".stands .content";

/**
 * Sends an edit, or the form of a page without messages.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 */
export async function submit(form, button) {
  if (form.dataset.busy || form.dataset.stopped) return;
  form.dataset.busy = form.dataset.tried = "yes";
  storeDraft(form);
  required("textarea", form).readOnly = true; // Text that is typed now would be neither sent nor stored.
  $(".failed", form)?.remove();
  try {
    const id = form.elements.client_id.value;
    const response = await post(form, button);
    await checkSession(response);
    const address = response.headers.get("Location");
    if (id && address && response.headers.get("X-Accepted") === id) await accepted(form, address);
    else refused(form, response.status, await response.text());
  } catch (error) {
    if (error instanceof AwayError)
      fail(form, gettext("You have been logged out. Your text is kept: log in and send it again."));
    else if (isUnanswered(error)) fail(form, NOT_CONNECTED);
    else throw error;
  } finally {
    free(form);
  }
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} button */
function post(form, button) {
  const headers = { Prefer: "return=minimal" };
  // Django reads this encoding in an eighth of the time of multipart. The forms contain no files.
  const encoded = () => new URLSearchParams(/** @type {any} */ (new FormData(form, button)));
  return sendWithToken(() => fetch(form.action, { method: "POST", body: encoded(), headers, signal: inTime() }));
}

/**
 * Called only if the X-Accepted header contains the id of this form. Any other response keeps the draft.
 * @param {HTMLFormElement} form
 * @param {string} address
 */
async function accepted(form, address) {
  deleteDraft(form);
  tabs.postMessage(sentFrom(form));
  delete form.dataset.tried;
  if (!messages) {
    // After Back, the form is for another message, or has nothing left to save.
    if (isEdit(form)) changeFrom(required("textarea", form).value, form);
    else renew(form);
    return isAway() || location.assign(address);
  }
  sayAccepted(true);
  closeForm(form);
  const id = Number(/\d+/.exec(address));
  await tryTo(() => refreshMessages([id])); // It was saved. If this fails, the next update shows it.
}

/**
 * Empties the form and changes its id, because the next text is another message.
 * @param {HTMLFormElement} form
 */
export function renew(form) {
  required("textarea", form).value = "";
  for (const old of $$(`.failed, ${SAID}`, form)) old.remove();
  form.elements.client_id.value = uuid();
}

// Like crypto.randomUUID, which browsers offer only over HTTPS.
function uuid() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/**
 * The problem that a response to a form names, and what to do.
 * @param {number} status
 * @param {string} html
 */
export function problemOf(status, html) {
  const names = { problem: headingOf(html) };
  if (status === 413) return gettext("%(problem)s. Your text is kept; shorten it and send it again.", names);
  if (status === 429) return gettext("%(problem)s. Your text is kept; wait a minute and send it again.", names);
  const isRefused = status >= 400 && status < 500;
  if (isRefused) return gettext("%(problem)s. Your text is kept; you can copy it.", names);
  return gettext("%(problem)s. Your text is kept; send it again.", names);
}

/** @param {HTMLFormElement} form @param {number} status @param {string} html */
function refused(form, status, html) {
  const answer = [409, 422].includes(status) && $("form.compose", parse(html));
  if (!answer) return fail(form, problemOf(status, html));
  delete form.dataset.tried; // The response contains an unused id.
  if (messages) showErrors(form, answer);
  else form = replace(form, document.importNode(answer, true));
  storeDraft(form);
}

/** @param {HTMLFormElement} form @param {HTMLFormElement} answer */
export function showErrors(form, answer) {
  for (const old of $$(SAID, form)) old.remove();
  form.prepend(...$$(SAID, answer).map((said) => document.importNode(said, true)));
  const [shown, now] = [form.elements, answer.elements];
  shown.client_id.value = now.client_id.value;
  if (shown.version && now.version) shown.version.value = now.version.value;
  changeFrom($(PRESENT, answer)?.textContent, form);
  // The page has shown the present name, so the next Send goes to that member.
  if (shown.to?.type === "hidden" && now.to?.value) shown.to.value = now.to.value;
}

/**
 * Sets the original text of an edit to the present text of the message, and keeps the typed text.
 * @param {string | undefined} text
 * @param {HTMLFormElement} form
 */
function changeFrom(text, form) {
  if (text === undefined) return;
  const area = required("textarea", form);
  const typed = area.value;
  area.defaultValue = text;
  area.value = typed;
}

/** @param {HTMLFormElement} form @param {HTMLFormElement} fresh */
function replace(form, fresh) {
  fresh.dataset.draft = form.dataset.draft;
  changeFrom($(PRESENT, fresh)?.textContent ?? required("textarea", form).defaultValue, fresh);
  form.replaceWith(fresh);
  storeDraft(fresh); // Before the focus, at which a form takes the stored draft with its id.
  window.htmx?.process(fresh);
  ($('[aria-invalid="true"]', fresh) ?? required("textarea", fresh)).focus();
  return fresh;
}
