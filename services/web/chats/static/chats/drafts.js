// @ts-check
// Drafts: unsent text, stored by member and by form. They survive a log-in and a closed tab.

import { $, $$, required } from "./page.js";
import { inStorage } from "./remembered.js";

const MOST = 50;
const DAYS = 30;
const member = document.body?.dataset.member;

/** @param {HTMLFormElement} form */
const keyOf = (form) => `draft ${member} ${form.dataset.draft}`.slice(0, 300);
const keys = () => inStorage((storage) => Object.keys(storage).filter((key) => key.startsWith("draft ")), []);
// The messages that wait to be sent (queue.js). They are stored as drafts, but they are not deleted to make room.
const UNSENT = " unsent:";
/** @param {string} id */
export const unsentKey = (id) => `draft ${member}${UNSENT}${id}`;
export const unsentKeys = () => keys().filter((key) => key.startsWith(unsentKey("")));
/** @param {string} key */
export const remove = (key) => inStorage((storage) => storage.removeItem(key), undefined);
/** @param {HTMLFormElement} form */
const textOf = (form) => required("textarea", form).value;
/** @param {HTMLFormElement} form */
const receiverOf = (form) => $('input[name="to"]:not([type="hidden"])', form);

/** @param {string} key @returns {Draft | null} */
export function read(key) {
  const draft = inStorage((storage) => JSON.parse(storage.getItem(key) ?? "null"), null);
  const isGood = typeof draft?.text === "string" && draft.at > Date.now() - DAYS * 86_400_000;
  return isGood ? draft : null;
}

/**
 * The key of the draft of a form, by what the form is about, such as "conversation:12".
 * @param {string} about
 */
export const keyFor = (about) => `draft ${member} ${about}`;
/** @param {string} about */
export const draftFor = (about) => (member ? read(keyFor(about)) : null);

// The keys of all drafts, oldest first.
export const byAge = () =>
  keys()
    .filter((key) => !key.includes(UNSENT))
    .sort((one, other) => (read(one)?.at ?? 0) - (read(other)?.at ?? 0));

// The numbers of waiting messages and of drafts with a text, which a log-out deletes.
export const losses = () => ({
  messages: unsentKeys().length,
  drafts: byAge().filter((key) => read(key)?.text.trim()).length,
});

/** Returns whether the draft is stored. @param {string} key @param {Draft} draft */
export function write(key, draft) {
  const store = () => inStorage((storage) => (storage.setItem(key, JSON.stringify(draft)), true), false);
  if (store()) return true;
  for (const oldest of byAge().slice(0, 10)) remove(oldest);
  return store();
}

/** @param {HTMLFormElement} form */
export const isEdit = (form) => form.dataset.draft?.startsWith("edit:");

/**
 * Whether a form contains text that the member would lose.
 * @param {HTMLFormElement} form
 */
export function holdsText(form) {
  const { value, defaultValue } = required("textarea", form);
  return Boolean(value.trim()) && !(isEdit(form) && value === defaultValue);
}

/** @param {ParentNode} [within] */
export const formsWithText = (within = document) => $$("form.compose", within).filter(holdsText);

/**
 * A form without text is also open if it has the focus, edits a message, or was opened in a row. A composer without text
 * is not, because it has the focus without an action of the member.
 * @param {HTMLFormElement} form
 */
const isOpen = (form) =>
  holdsText(form) ||
  isEdit(form) ||
  form.matches("li.message form") ||
  (!form.matches(".composer") && form.contains(document.activeElement));
/** @param {ParentNode} [within] */
export const openForms = (within = document) => $$("form.compose", within).filter(isOpen);

/** @param {Event} event */
export function keepDraft({ target }) {
  if (!(target instanceof Element)) return;
  /** @type {HTMLFormElement | null} */
  const form = target.closest("form.compose");
  if (!form || !target.matches('textarea, [name="to"]')) return;
  storeDraft(form);
  addEventListener("beforeunload", warn); // Not before: some browsers then keep no copy of the page for Back.
}

// Asks before a text is lost: the storage refused it, or another tab has stored a different one.
/** @param {Event} event */
function warn(event) {
  if (formsWithText().some((form) => read(keyOf(form))?.text !== textOf(form))) event.preventDefault();
}

/** @param {HTMLFormElement} form */
export function storeDraft(form) {
  if (!form.dataset.draft || !member) return;
  const receiver = receiverOf(form);
  if (!holdsText(form) && (!receiver || receiver.value === receiver.defaultValue)) return deleteDraft(form);
  /** @type {Draft} */
  const draft = { text: textOf(form), to: receiver?.value, at: Date.now() };
  // The message may have arrived although the response was lost. With the same id, it arrives only once.
  if (form.dataset.tried) draft.id = form.elements.client_id?.value;
  // For an edit: the version of the original text, which may change before the draft is restored.
  draft.version = form.elements.version?.value;
  // For a new message: the token of the name, which may have another owner when the draft is restored.
  draft.made = form.elements.made?.value;
  write(keyOf(form), draft);
  if (read(keyOf(form))) leaveToStorage(form);
}

// Otherwise the browser would also restore the text by Back, even after it was sent.
/** @param {HTMLFormElement} form */
const leaveToStorage = (form) => (form.autocomplete = "off");

/** @param {HTMLFormElement} form */
export const deleteDraft = (form) => remove(keyOf(form));

/**
 * The event for other tabs after the text of a form was accepted.
 * @param {HTMLFormElement} form
 * @returns {TabEvent}
 */
export const sentFrom = (form, text = textOf(form)) => ({ kind: "sent", draft: keyOf(form), text });

/**
 * Another tab has sent a form and deleted its draft. A different text in this tab becomes the draft, and the
 * same text is sent.
 * @param {{ draft: string, text: string }} event
 */
export function keepUnsent({ draft, text }) {
  for (const form of formsWithText()) {
    if (keyOf(form) !== draft) continue;
    if (textOf(form) !== text) storeDraft(form);
    else if (isEdit(form)) required("textarea", form).defaultValue = text;
    // A form that was tried has the id of the sent message, so it delivers nothing twice.
    else if (!form.dataset.tried) required("textarea", form).value = "";
  }
}

/** @param {ParentNode} [within] */
export function restoreDrafts(within = document) {
  for (const form of $$("form.compose[data-draft]", within)) {
    const draft = member && read(keyOf(form));
    if (!draft) continue;
    // Typed before this script ran, or restored by the browser, so it is newer than the draft.
    if (holdsText(form) && textOf(form) !== draft.text) storeDraft(form);
    else restore(form, draft);
  }
}

// Shows what another tab has stored since, in forms without a text. A form with the same text and recipient takes over
// the id of a send whose response was lost.
export function takeDrafts() {
  for (const form of $$("form.compose[data-draft]")) {
    const draft = member && !form.dataset.tried && read(keyOf(form));
    if (!draft) continue;
    const isSame = textOf(form) === draft.text && receiverOf(form)?.value === draft.to;
    if (!holdsText(form) || isSame) restore(form, draft);
  }
}

/** @param {HTMLFormElement} form @param {Draft} draft */
function restore(form, draft) {
  leaveToStorage(form);
  required("textarea", form).value = draft.text;
  const receiver = receiverOf(form);
  if (receiver && typeof draft.to === "string") receiver.value = draft.to;
  const { client_id, made, version } = form.elements;
  // A form without a field for the name is always for the same one.
  if ((draft.to || !receiver) && draft.made && made) made.value = draft.made;
  if (draft.version && version) version.value = draft.version;
  if (!draft.id || !client_id) return;
  client_id.value = draft.id;
  form.dataset.tried = "yes";
}

// Deletes drafts that are too old or too many, and all drafts of other members.
export function tidyDrafts() {
  for (const key of keys()) if (!key.startsWith(`draft ${member} `) || !read(key)) remove(key);
  for (const key of byAge().slice(0, -MOST)) remove(key);
}

export const deleteAllDrafts = () => keys().forEach(remove);
