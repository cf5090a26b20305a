// @ts-check
// Scripts never discard an open form. Code that leaves a page or removes a form calls this module first.

import { isAway } from "./away.js";
import { formsWithText, openForms } from "./drafts.js";
import { $, $$, make, required } from "./page.js";
import { gettext } from "./texts.js";

/**
 * Shows an error beside the button of a form, in place of the previous one.
 * @param {HTMLFormElement} form
 * @param {string} text
 */
export function fail(form, text) {
  $(".failed", form)?.remove();
  form.append(make("p", { className: "failed", textContent: text, role: "alert" }));
}

/**
 * Removes the errors of a text or name that was changed, and what became of the earlier text. The reason why nothing can
 * be sent stays, and so do errors of other causes, such as a receiver who was renamed.
 * @param {Event} event
 */
export function removeErrors({ target }) {
  if (!(target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement)) return;
  const { form, name } = target;
  if (!form?.matches("form.compose") || form.dataset.stopped) return;
  $(".failed", form)?.remove();
  $(`.errorlist[id^="id_${name}_error"]`, form)?.remove(); // _forms.html
  target.removeAttribute("aria-invalid");
}

/** @param {HTMLFormElement} form */
const buttonsOf = (form) => $$('button[type="submit"]', form);

/** @param {HTMLFormElement} form */
export function stopForm(form) {
  form.dataset.stopped = "yes";
  for (const button of buttonsOf(form)) button.disabled = true;
}

/** @param {HTMLFormElement} form */
export function resumeSending(form) {
  delete form.dataset.stopped;
  for (const button of buttonsOf(form)) button.disabled = false;
  $(".failed", form)?.remove();
}

export const NOT_CONNECTED = gettext("Not sent: there is no connection. Your text is kept; send it again later.");

/** @param {ParentNode} [within] */
export const whereKept = (within = document) =>
  formsWithText(within).length ? gettext("You can still copy your text.") : "";

/**
 * Disables the forms and shows the reason. Typed text stays, so that the member can copy it.
 * @param {string} why
 * @param {ParentNode} within
 */
function stopSending(why, within = document) {
  const text = `${why} ${whereKept(within)}`.trim();
  for (const form of $$("form.compose", within)) {
    stopForm(form);
    fail(form, text);
  }
}

/** @param {string} text */
export function reload(text) {
  if (isAway()) return; // The page is refreshed when its member returns.
  if (openForms().length) stopSending(text);
  else location.reload();
}

/**
 * Returns whether this page has an open form, or is hidden from another member. If it has, shows why the page stays.
 * @param {string} text
 */
export function stays(text) {
  if (isAway()) return true;
  if (!openForms().length) return false;
  const line = $("#connection");
  if (line) line.textContent = text;
  return true;
}

/**
 * Goes to another page, except if this page has an open form. Then shows the text and stays.
 * @param {string} address
 * @param {string} text
 */
export const leave = (address, text) => stays(text) || location.assign(address);

/**
 * Removes the row of a deleted message. A row with an open form stays and is marked as deleted.
 * @param {HTMLElement} row
 */
export function removeRow(row) {
  if (!openForms(row).length) return row.remove();
  row.classList.add("is-deleted");
  required(".content", row).replaceChildren(gettext("This message was deleted."));
  $(".actions", row)?.remove();
  stopSending(gettext("This message was deleted, so nothing can be sent here."), row);
}
