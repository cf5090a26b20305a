// Scripts never discard an open form. Code that leaves a page or removes a form calls this module first.

import { formsWithText, openForms } from "./drafts.js";
import { $, $$ } from "./page.js";

function note(className, text) {
  const line = Object.assign(document.createElement("p"), { className, textContent: text });
  line.setAttribute("role", "alert");
  return line;
}

// Shows an error beside the button of a form, in place of the previous one.
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

// Disables the forms and shows the reason. Typed text stays, so that the member can copy it.
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

// Returns whether this page has an open form other than `sent`. If it has, shows why the page stays.
export function stays(text, sent = null) {
  if (openForms().every((form) => form === sent)) return false;
  const line = $("#connection");
  if (line) line.textContent = text;
  return true;
}

// Goes to another page, except if this page has an open form. Then shows the text and stays.
export const leave = (address, text, sent = null) => stays(text, sent) || location.assign(address);

// Removes the row of a deleted message. A row with an open form stays and is marked as deleted.
export function removeRow(row) {
  if (!openForms(row).length) return row.remove();
  row.classList.add("is-deleted");
  $(".content", row).replaceChildren("This message was deleted.");
  $(".actions", row)?.remove();
  stopSending("This message was deleted, so nothing can be sent here.", row);
}
