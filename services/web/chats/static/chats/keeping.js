// Nothing that somebody wrote is thrown away by a script: what would leave the page or remove a form asks here.

import { formsWithText } from "./drafts.js";
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

// Say why nothing can be sent from here any more; what was typed stays, to be copied.
export function stopSending(text, within = document) {
  for (const form of $$("form.compose", within)) {
    stopForm(form);
    fail(form, text);
  }
  if (!$("form.compose", within)) $("main").prepend(note("flash", text));
}

export function reload(text) {
  if (formsWithText().length) stopSending(text);
  else location.reload();
}

// To another page; from one that holds a text only when its member clicks again.
export function leave(address, text) {
  if (!formsWithText().length) return location.assign(address);
  const line = $("#connection");
  if (line) line.textContent = text;
}

// The row of a message that was deleted.
export function removeRow(row) {
  if (!formsWithText(row).length) return row.remove();
  row.classList.add("is-deleted");
  $(".content", row).replaceChildren("This message was deleted.");
  $(".actions", row)?.remove();
  stopSending("This message was deleted, so nothing can be sent here. You can still copy your text.", row);
}
