// @ts-check
// The filter above the list of conversations on wide screens: a part of a name, and all or unread conversations. It filters
// the rows that are shown; what is typed stays in the browser.

import { openFinder } from "./keys.js";
import { marks } from "./marks.js";
import { $, $$, isComposing, make, required } from "./page.js";
import { gettext } from "./texts.js";

const field = document.createElement("input");
Object.assign(field, { type: "text", placeholder: gettext("Filter"), ariaLabel: gettext("Filter conversations") });
Object.assign(field, { maxLength: 200, autocomplete: "off", autocapitalize: "none", spellcheck: false });
const all = make("button", { type: "button", textContent: gettext("All") });
const unread = make("button", { type: "button", textContent: gettext("Unread") });
const group = make("div", { ariaLabel: gettext("Show") });
const none = make("p", { className: "no-rows quiet" });
group.setAttribute("role", "group");
none.setAttribute("role", "status");
group.append(all, unread);
// The finder searches all conversations, of which the list may show only the latest ones.
const wider = make("button", { type: "button", className: "link", textContent: gettext("Search all") });
const threads = $('.top a[href$="/threads/"]');
if (threads) group.append(make("a", { href: threads.href, textContent: threads.textContent.trim() }));
const head = make("div", { className: "filter" });
head.append(field, group);

let isUnreadOnly = false;
/** @type {HTMLElement | undefined} The element with the rows. */
let list;
let said = "";
let hasMore = () => false; // Whether there are conversations after these rows.

export const showsUnreadOnly = () => isUnreadOnly;

/** @param {string} text */
const letters = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

const rowsIn = (/** @type {ParentNode} */ within) => $$("li[data-counterpart]", within);

/**
 * Hides the rows that are not wanted. The row of the open conversation stays when it has been read.
 * @param {ParentNode} within
 */
function filterRows(within) {
  const wanted = letters(field.value.trim());
  for (const row of rowsIn(within)) {
    const isShown = !isUnreadOnly || row.matches('.is-unread, :has([aria-current="page"])');
    row.hidden = !(isShown && letters(required(".who", row).textContent).includes(wanted));
  }
}

// Whether an earlier conversation may match.
const mayMatch = () => field.value.trim() !== "" && hasMore();

// Why no row is shown.
function reason() {
  if (mayMatch()) return gettext("No match among the latest conversations.");
  if (field.value) return gettext("No name here matches.");
  return isUnreadOnly ? gettext("No unread conversations.") : gettext("No conversations yet.");
}

function filter() {
  if (!list) return;
  filterRows(list);
  for (const button of [all, unread]) button.ariaPressed = String((button === unread) === isUnreadOnly);
  const text = rowsIn(list).every((row) => row.hidden) ? reason() : "";
  if (said === text) return; // Otherwise screen readers may read it again.
  said = text;
  none.replaceChildren(...(text && mayMatch() ? [text, " ", wider] : [text]));
}

/** @param {boolean} isOnly */
export function showUnread(isOnly) {
  isUnreadOnly = isOnly;
  filter();
}

// A narrow window shows no filter, so it shows all rows.
export function resetFilter() {
  field.value = "";
  showUnread(false);
}

function findAll() {
  if (openFinder()) required("dialog#finder input").value = field.value;
}

/** @param {KeyboardEvent} event */
function press(event) {
  if (isComposing(event) || event.ctrlKey || event.metaKey || event.altKey || !list) return;
  const first = rowsIn(list).find((row) => !row.hidden);
  if (event.key === "Escape") field.value = "";
  else if (event.key === "Enter") (first ? $("a", first) : $("button", none))?.click();
  else if (event.key === "ArrowDown") first && $("a", first)?.focus();
  else return;
  event.preventDefault();
  filter();
}

/**
 * Puts the filter before the list.
 * @param {HTMLElement} rows
 * @param {() => boolean} isPart Whether there are conversations after these rows.
 */
export function addFilter(rows, isPart) {
  [list, hasMore] = [rows, isPart];
  rows.before(head, none);
  marks.push(filterRows);
  filter();
  new MutationObserver(filter).observe(rows, { childList: true, subtree: true });
}

field.addEventListener("input", filter);
field.addEventListener("keydown", press);
all.addEventListener("click", () => showUnread(false));
wider.addEventListener("click", findAll);
unread.addEventListener("click", () => showUnread(true));
