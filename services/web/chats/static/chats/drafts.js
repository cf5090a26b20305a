// Drafts: what was typed and not sent, by member and by what the form is for. They survive a log-in and a closed tab.

import { $, $$ } from "./page.js";

const MOST = 50;
const DAYS = 30;
const { member } = document.body?.dataset ?? {};

// Storage may be full or switched off: then there are no drafts, and the page works.
function inStorage(work, otherwise = null) {
  try {
    return work(localStorage);
  } catch {
    return otherwise;
  }
}

const keyOf = (form) => `draft ${member} ${form.dataset.draft}`.slice(0, 300);
const keys = () => inStorage((storage) => Object.keys(storage).filter((key) => key.startsWith("draft ")), []);
const remove = (key) => inStorage((storage) => storage.removeItem(key));
const textOf = (form) => $("textarea", form).value;
const receiverOf = (form) => $('input[name="to"]:not([type="hidden"])', form);

function read(key) {
  const draft = inStorage((storage) => JSON.parse(storage.getItem(key)));
  const isGood = typeof draft?.text === "string" && draft.at > Date.now() - DAYS * 86_400_000;
  return isGood ? draft : null;
}

// Oldest first.
const byAge = () => keys().sort((one, other) => (read(one)?.at ?? 0) - (read(other)?.at ?? 0));

function write(key, draft) {
  const store = () => inStorage((storage) => (storage.setItem(key, JSON.stringify(draft)), true), false);
  if (store()) return;
  for (const oldest of byAge().slice(0, 10)) remove(oldest);
  store();
}

const isEdit = (form) => form.dataset.draft?.startsWith("edit:");

// Whether a form holds something that its member would miss.
export function holdsText(form) {
  const { value, defaultValue } = $("textarea", form);
  return Boolean(value.trim()) && !(isEdit(form) && value === defaultValue);
}

export const formsWithText = (within = document) => $$("form.compose", within).filter(holdsText);

// Also one where its member is about to type: the focus is in it, or it was opened in a row or for an edit.
const isOpen = (form) => holdsText(form) || isEdit(form) || form.matches("li.message form") || form.contains(document.activeElement);
export const openForms = (within = document) => $$("form.compose", within).filter(isOpen);

export function keepDraft({ target }) {
  const form = target.closest?.("form.compose");
  if (form && target.matches('textarea, [name="to"]')) storeDraft(form);
}

export function storeDraft(form) {
  if (!form.dataset.draft || !member) return;
  const receiver = receiverOf(form);
  if (!holdsText(form) && (!receiver || receiver.value === receiver.defaultValue)) return forgetDraft(form);
  const draft = { text: textOf(form), to: receiver?.value, at: Date.now() };
  // It may have arrived although no answer came: sent again under the same id, it still arrives once.
  if (form.dataset.tried) draft.id = form.elements.client_id?.value;
  // Of an edit: what it was made from, which may have changed until the draft is shown again.
  draft.version = form.elements.version?.value;
  // Of a new message: when its name was chosen, which may have another owner by then.
  draft.made = form.elements.made?.value;
  write(keyOf(form), draft);
}

export const forgetDraft = (form) => remove(keyOf(form));

// What other tabs have to know of a form whose text was accepted.
export const sentFrom = (form) => ({ kind: "sent", draft: keyOf(form), text: textOf(form) });

// A form was sent in another tab, and its draft deleted: another text in the same form of this tab is a draft still.
export function keepUnsent({ draft, text }) {
  for (const form of formsWithText()) if (keyOf(form) === draft && textOf(form) !== text) storeDraft(form);
}

export function restoreDrafts(within = document) {
  for (const form of $$("form.compose[data-draft]", within)) {
    const draft = member && read(keyOf(form));
    if (!draft) continue;
    const area = $("textarea", form);
    // Typed before this script was there, or put back by the browser: newer than the draft.
    if (holdsText(form) && area.value !== draft.text) {
      storeDraft(form);
      continue;
    }
    area.value = draft.text;
    const receiver = receiverOf(form);
    if (receiver && typeof draft.to === "string") receiver.value = draft.to;
    if (draft.to && draft.made && form.elements.made) form.elements.made.value = draft.made;
    if (draft.version && form.elements.version) form.elements.version.value = draft.version;
    if (!draft.id || !form.elements.client_id) continue;
    form.elements.client_id.value = draft.id;
    form.dataset.tried = "yes";
  }
}

// What is too old or too much, and all of other members.
export function tidyDrafts() {
  for (const key of keys()) if (!key.startsWith(`draft ${member} `) || !read(key)) remove(key);
  for (const key of byAge().slice(0, -MOST)) remove(key);
}

export const forgetAllDrafts = () => keys().forEach(remove);
