// @ts-check
// Announces new messages to screen readers, in a polite live region.

import { $, make, required } from "./page.js";
import { gettext, language, ngettext } from "./texts.js";

const MOST = 3; // If more messages arrive at once, only their number is announced.
const LONGEST = 200; // Characters of a message that are announced.
const SOON = 1000; // Milliseconds. A badge may count a message before this page shows it.
let shown = 0; // Messages of the counterpart that appeared on this page since the timer last ran.
let grown = 0; // The increase of the badge in the same period.
let unread = 0;
/** @type {number | undefined} */
let timer;

/** @param {string} text */
export function say(text) {
  const log = $("#arrivals");
  if (!log) return;
  log.append(make("p", { textContent: text }));
  while (log.children.length > 10) log.firstChild?.remove();
}

/** @param {string | null} text */
function begin(text) {
  const characters = [...new Intl.Segmenter(language).segment(text ?? "")];
  return characters.length > LONGEST ? `${text?.slice(0, characters[LONGEST].index)}…` : text;
}

/**
 * Announces new rows of the counterpart. The form announces the messages that the member sends.
 * @param {HTMLElement[]} rows
 */
export function sayArrivals(rows) {
  const others = rows.filter((row) => !row.matches(".is-mine"));
  if (others.length) wait();
  shown += others.length;
  if (others.length > MOST) return say(ngettext("%(count)s new message.", "%(count)s new messages.", others.length));
  for (const row of others) {
    const [who, content] = [required(".who", row).textContent, required(".content", row).innerText];
    say(gettext("%(name)s: %(text)s", { name: String(who), text: String(begin(content)) }));
  }
}

export const sayAccepted = (isEdit = false) => say(isEdit ? gettext("Saved") : gettext("Sent"));

/**
 * Announces unread messages that this page does not show.
 * @param {number} before
 * @param {number} now
 */
export function sayUnread(before, now) {
  grown += Math.max(now - before, 0);
  unread = now;
  if (!timer) wait();
}

/** @param {number} count */
function textFor(count) {
  if (count > 99) return gettext("More than 99 unread messages.");
  return ngettext("%(count)s unread message.", "%(count)s unread messages.", count);
}

// Each new row restarts the timer, because the badge changes after the row appears.
function wait() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (grown > shown && unread && !document.hidden) say(textFor(unread));
    shown = grown = 0;
    timer = undefined;
  }, SOON);
}
