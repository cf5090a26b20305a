// @ts-check
// Opens the forms of other pages inside the rows of this page, and closes them. sending.js sends them.

import { checkCounterpart } from "./counterpart.js";
import { deleteDraft, isEdit, restoreDrafts, storeDraft } from "./drafts.js";
import { get } from "./fetching.js";
import { leave } from "./keeping.js";
import { $, $$, make, required } from "./page.js";
import { focusRow } from "./rows.js";
import { gettext } from "./texts.js";

const COMPOSER = "main > form.compose textarea";
export let opening = false; // While a form is loading, typed letters must not act as shortcuts.

/**
 * Opens the form of another page inside a row of this page.
 * @param {HTMLAnchorElement} anchor
 * @param {HTMLElement} row
 */
export async function openForm(anchor, row) {
  const open = $("form.compose", row);
  opening = !open;
  const page = open ? null : await get(anchor.href).finally(() => (opening = false));
  const form = open ?? (page && $("form.compose", page));
  if (!form && (await checkCounterpart())) return;
  if (!form) return leave(anchor.href, gettext("This message is no longer there."));
  if (!open) place(document.importNode(form, true), row);
  const area = required("textarea", row);
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  area.closest("form")?.scrollIntoView({ block: "nearest" }); // Its buttons too.
}

/** @param {HTMLFormElement} form @param {HTMLElement} row */
function place(form, row) {
  for (const field of $$("[id]", form)) field.id += `_${row.id}`;
  for (const label of $$("label", form)) label.htmlFor += `_${row.id}`;
  const cancel = make("button", { type: "button", className: "plain", textContent: gettext("Cancel") });
  cancel.dataset.cancels = "";
  form.append(" ", cancel);
  if (isEdit(form)) row.classList.add("is-edited-here");
  row.append(form);
  restoreDrafts(row);
}

/** @param {HTMLFormElement} form */
export function closeForm(form) {
  /** @type {HTMLElement | null} */
  const row = form.closest("li.message");
  if (!row) return $(":focus", form)?.blur();
  if (row.matches(".is-edited-here")) deleteDraft(form);
  form.remove();
  row.classList.remove("is-edited-here");
  const composer = "fromComposer" in row.dataset && $(COMPOSER);
  delete row.dataset.fromComposer;
  if (composer) composer.focus();
  else focusRow(row);
}

// The browser may restore a page whose form was busy.
export const freeForms = () => $$("form[data-busy]").forEach(free);

/** @param {HTMLFormElement} form */
export function free(form) {
  delete form.dataset.busy;
  required("textarea", form).readOnly = false;
}

/**
 * A suggested name fills in the field and sends nothing.
 * @param {HTMLButtonElement} button
 */
export function fillName({ form, value }) {
  const field = form?.elements.to;
  if (!form || !field) return;
  field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  for (const old of $$(".errorlist, .similar", form)) old.remove();
  storeDraft(form);
  required("textarea", form).focus();
}
