// @ts-check
// Updates the headings and the form of a conversation after a change of its counterpart.

import { setTitle } from "./badges.js";
import { holdsText, restoreDrafts } from "./drafts.js";
import { get } from "./fetching.js";
import { $, required } from "./page.js";

const SEARCH = '.menu a[href*="?with="]'; // Its URL contains the name of the counterpart.
const LOG = 'main [role="log"]'; // Its label names the counterpart.
export const COMPOSER = "main > form.compose, main > .deactivated"; // The form, or the text that replaces it.

/**
 * Updates the headings and the form. A form that contains text stays.
 * @param {HTMLElement | null} subject
 * @param {string} conversation
 */
export async function showCurrent(subject, conversation) {
  const page = subject && (await get(location.href));
  if (!page || $("[data-with]", page)?.dataset.conversation !== conversation) return;
  showHeadings(page);
  $(LOG)?.setAttribute("aria-label", $(LOG, page)?.getAttribute("aria-label") ?? "");
  if ($(COMPOSER)) replaceComposer(page);
  updateSkip();
}

/**
 * Takes over the title, the headings and the link that contains the name.
 * @param {Document} page
 */
export function showHeadings(page) {
  setTitle(page.title);
  for (const part of ["h1", ".crumbs", SEARCH, "main > blockquote.message"]) {
    const [old, fresh] = [$(part), $(part, page)];
    if (old && fresh) old.replaceWith(document.importNode(fresh, true));
  }
}

// The link to the message field is there only if the field is.
export function updateSkip() {
  const skip = $('.skip[href="#id_content"]');
  if (skip) skip.hidden = !$("#id_content");
}

/** @param {Document} page */
function replaceComposer(page) {
  const [old, fresh] = [required(COMPOSER), $(COMPOSER, page)];
  if (!fresh) return;
  if (old instanceof HTMLFormElement && holdsText(old)) return showHint(old, fresh);
  const hasFocus = old.contains(document.activeElement);
  old.replaceWith(document.importNode(fresh, true));
  restoreDrafts(required("main"));
  if (hasFocus) $("main > form.compose textarea")?.focus();
}

/**
 * The placeholder contains the name of the counterpart.
 * @param {HTMLElement} form
 * @param {HTMLElement} fresh
 */
function showHint(form, fresh) {
  const [area, now] = [$("textarea", form), $("textarea", fresh)];
  if (area && now) area.placeholder = now.placeholder;
}
