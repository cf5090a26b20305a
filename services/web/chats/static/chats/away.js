// @ts-check
// Hides the content of an open page after a log-out, or while another member is logged in.

import { formsWithText, openForms, storeDraft } from "./drafts.js";
import { $, $$, cover, siteName } from "./page.js";

export class AwayError extends Error {}

/** @type {DocumentFragment | null} */
let kept = null; // The content of the page while another member is logged in.
let hadTitle = "";
/** @type {{ focused: Element | null, top: number } | null} */
let left = null; // The element that had the focus before the first dialog, and the scroll position.

let hides = 0;
// How often this page was hidden. A request that began before the last time says nothing about the member of now.
export const timesHidden = () => hides;

// Covers a page that the browser keeps for Back, until a later request confirms the member.
export function coverAgain() {
  hides += 1;
  cover();
}

function leave() {
  if (kept || $("dialog.cover[open]")) return;
  hides += 1;
  left = { focused: document.activeElement, top: document.documentElement.scrollTop };
  document.dispatchEvent(new Event("away")); // around.js removes what it can fetch again.
}

// Whether the content of this page is kept for its member while another one is logged in.
export const isAway = () => kept !== null;

// Throws an AwayError if the content was removed while a response was on its way. Without this check, the response would
// show something of the first member again.
export function checkContent() {
  if (isAway()) throw new AwayError("another member");
}

/**
 * Shows one of the two dialogs, and closes all others.
 * @param {"logged-out" | "another-member"} id
 */
function show(id) {
  for (const other of $$(`dialog[open]:not(#${id})`)) other.close(); // The finder shows names of people.
  const dialog = $(`dialog#${id}`);
  if (dialog && !dialog.open) dialog.showModal();
}

// Called when the session has ended: by a log-out, by expiry or by a new password.
export function sessionLost() {
  leave();
  show("logged-out");
  throw new AwayError("logged out");
}

function removeContent() {
  hides += 1;
  const content = document.createDocumentFragment();
  content.append(...$$(":scope > :not(dialog)", document.body));
  [hadTitle, document.title] = [document.title, siteName];
  return content;
}

// Called when another member is logged in. Removes the content of the first member from the document.
export function anotherMember() {
  // A row that waits to be sent is kept too: the other member's page deletes what this browser has stored.
  if (!kept && !openForms().length && !$("li.is-unsent")) location.reload();
  else {
    leave();
    kept ??= removeContent();
    show("another-member"); // Also after the Escape key has closed it: the page is empty.
  }
  throw new AwayError("another member");
}

// The browser returns the focus only to an element that has stayed in the document.
function comeBack() {
  if (!left) return;
  document.documentElement.scrollTo({ top: left.top, behavior: "instant" });
  if (left.focused instanceof HTMLElement) left.focused.focus({ preventScroll: true });
  left = null;
}

/**
 * Called when a response shows that the page's own member is logged in. Returns whether the page was hidden until now.
 * @param {number} before What `timesHidden` returned before the request.
 */
export function isHere(before = hides) {
  if (before !== hides) return false;
  document.documentElement.classList.remove("is-checking");
  const dialog = $("dialog.cover[open]");
  if (!dialog && !kept) return false;
  dialog?.close();
  if (kept) {
    document.body.prepend(kept);
    document.title = hadTitle;
    kept = null;
    formsWithText().forEach(storeDraft); // The page of the other member has deleted the drafts.
  }
  comeBack();
  return true;
}
