// While this page's member is not logged in: the page stays, and shows nothing that is not for who is there now.

import { formsWithText, openForms, storeDraft } from "./drafts.js";
import { $ } from "./page.js";

export class AwayError extends Error {}

let kept = null; // What the page showed of its member, while another one is logged in.
let hadTitle = "";

const show = (id) => {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) dialog.showModal();
};

// The session has ended: here or elsewhere, by time or by a new password.
export function sessionLost() {
  show("logged-out");
  throw new AwayError("logged out");
}

// Somebody else has logged in in this browser: nothing of the first member stays in the document.
export function anotherMember() {
  if (!kept && !openForms().length) location.reload();
  else if (!kept) {
    kept = document.createDocumentFragment();
    kept.append(...document.body.querySelectorAll(":scope > :not(dialog)"));
    [hadTitle, document.title] = [document.title, "Bobbin"];
    $("#logged-out")?.close();
    show("another-member");
  }
  throw new AwayError("another member");
}

// An answer has just said that the page's own member is logged in. Returns whether that is so again.
export function isHere() {
  document.documentElement.classList.remove("is-checking");
  const dialog = $("#logged-out[open], #another-member[open]");
  if (!dialog && !kept) return false;
  dialog?.close();
  if (kept) {
    document.body.prepend(kept);
    document.title = hadTitle;
    kept = null;
    formsWithText().forEach(storeDraft); // The page of the other member deleted them.
  }
  return true;
}
