// No form that somebody has begun with is thrown away by a script: what would leave the page or remove a form asks here.

import { formsWithText, openForms } from "./drafts.js";
import { $, $$ } from "./page.js";

function note(className, text) {
  const line = Object.assign(document.createElement("p"), { className, textContent: text });
  line.setAttribute("role", "alert");
  return line;
}

// Beside the button of a form, in place of what it said before.
export function fail(form, text) {
  $(".failed", form)?.remove();
  form.append(note("failed", text));
}

const buttonsOf = (form) => $$('button[type="submit"]', form);

export function stopForm(form) {
  form.dataset.stopped = "yes";
  for (const button of buttonsOf(form)) button.disabled = true;
}

export function resumeSending(form) {
  delete form.dataset.stopped;
  for (const button of buttonsOf(form)) button.disabled = false;
  $(".failed", form)?.remove();
}

export const whereKept = (within = document) => (formsWithText(within).length ? " You can still copy your text." : "");

// Say why nothing can be sent from here any more; what was typed stays, to be copied.
function stopSending(why, within = document) {
  const text = why + whereKept(within);
  for (const form of $$("form.compose", within)) {
    stopForm(form);
    fail(form, text);
  }
  if (!$("form.compose", within)) $("main").prepend(note("flash", text));
}

export function reload(text) {
  if (openForms().length) stopSending(text);
  else location.reload();
}

// Whether this page has an open form, but for the one that was `sent`; then it says why it is not left.
export function stays(text, sent = null) {
  if (openForms().every((form) => form === sent)) return false;
  const line = $("#connection");
  if (line) line.textContent = text;
  return true;
}

// To another page; from one with an open form only when its member clicks again.
export const leave = (address, text, sent = null) => stays(text, sent) || location.assign(address);

// The row of a message that was deleted.
export function removeRow(row) {
  if (!openForms(row).length) return row.remove();
  row.classList.add("is-deleted");
  $(".content", row).replaceChildren("This message was deleted.");
  $(".actions", row)?.remove();
  stopSending("This message was deleted, so nothing can be sent here.", row);
}
