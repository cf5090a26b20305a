// @ts-check
// The list of conversations in a column beside the open page. Loaded on wide screens only (bobbin.js). On the inbox, which
// has the rows, adds a filter to them and a text beside them.

import { tryTo } from "./events.js";
import { addFilter, resetFilter, showsUnreadOnly, showUnread } from "./filtering.js";
import { COLUMN } from "./lists.js";
import { markRows } from "./marks.js";
import { $, $$, make, required, rows as inbox } from "./page.js";
import { byKey, fetchRows, keyOf, laterRows, LIST, rowFor } from "./pagination.js";
import { refresher } from "./refreshing.js";
import { inTabStorage } from "./remembered.js";
import { gettext } from "./texts.js";

const MOST = 4; // Pages of the list in the column. After them, "Show older" opens the next one as a page.

const wide = matchMedia("(min-width: 60rem)");
const column = make("nav", { id: "beside", ariaLabel: gettext("Conversations") });
const list = make("ul", { className: "conversations" });
list.setAttribute("role", "list");
const older = make("a", { className: "older", textContent: gettext("Show older"), hidden: true });
const scroller = inbox ?? make("div", {});
const { member } = document.body.dataset;
const stored = inTabStorage((storage) => JSON.parse(storage.getItem(COLUMN) ?? "null"), null);
/** @type {{ top: number, pages: number, isUnreadOnly: boolean }} */
const place = stored?.member === member ? stored : { top: 0, pages: 1, isUnreadOnly: false };

const rows = () => $$(":scope > li", list);
/** @param {string | undefined} key */
const rowOf = (key) => rows().find((row) => keyOf(row) === key);

// The open conversation. An empty one has its id in the form.
const current = () =>
  $("main [data-conversation]")?.dataset.conversation ?? $('main input[name="conversation"]')?.value;

function markCurrent() {
  const open = current();
  for (const row of rows()) {
    const link = required("a", row);
    if (keyOf(row) === open) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/**
 * Shows the rows. The focus stays in its row, and the rows in view stay at their place.
 * @param {HTMLElement[]} fresh
 */
function show(fresh) {
  const old = new Map(rows().map((row) => [keyOf(row), row]));
  const now = fresh.map((row) => rowFor(row, old.get(keyOf(row))));
  if (now.length === old.size && now.every((row, at) => row === list.children[at])) return;
  const focused = rows().find((row) => row.contains(document.activeElement));
  const edge = scroller.getBoundingClientRect().top;
  const first = scroller.scrollTop ? rows().find((row) => row.getBoundingClientRect().bottom > edge) : undefined;
  const top = first?.getBoundingClientRect().top ?? 0;
  list.replaceChildren(...now);
  markCurrent();
  markRows(list);
  const same = first && rowOf(keyOf(first));
  if (same) scroller.scrollTop += same.getBoundingClientRect().top - top;
  const again = focused && rowOf(keyOf(focused));
  if (again) $("a", again)?.focus({ preventScroll: true });
}

// The rows that this tab has shown last, or the row of the open conversation.
function restorePlace() {
  showUnread(place.isUnreadOnly);
  scroller.scrollTop = place.top;
  const row = rowOf(current());
  if (!row || row.hidden) return;
  const [{ top, bottom }, seen] = [row.getBoundingClientRect(), scroller.getBoundingClientRect()];
  if (top < seen.top || bottom > seen.bottom) scroller.scrollTop += top - seen.top - scroller.clientHeight / 3;
}

function addColumn() {
  scroller.append(list, older);
  column.append(scroller);
  required("main").after(column);
  addFilter(scroller, () => Boolean(next));
}

let next = ""; // The address of the page after the rows, or "".

/** @param {Map<string, HTMLElement>} fresh @param {string} address */
function showRows(fresh, address) {
  // `get` has checked which member is logged in, and nothing waits here.
  const isFirst = !column.isConnected;
  if (isFirst) addColumn();
  show([...fresh.values()]);
  next = address;
  older.hidden = !next;
  older.href = next;
  if (isFirst) restorePlace();
}

async function load() {
  const fresh = byKey([]);
  let address = await fetchRows(fresh, LIST);
  const later = address && place.pages > 1 ? laterRows(fresh, rows(), current()) : [];
  for (const row of later) fresh.set(keyOf(row), row);
  let at = 1;
  if (later.length) [address, at] = [next, place.pages];
  for (; at < place.pages && address; at += 1) address = await fetchRows(fresh, address);
  place.pages = at;
  showRows(fresh, address);
}

async function loadOlder() {
  if (!next || place.pages >= MOST) return; // A second click.
  const shown = rows();
  const fresh = byKey(shown);
  const address = await fetchRows(fresh, next);
  place.pages += 1;
  showRows(fresh, address);
  const added = rows()[shown.length];
  if (added && older.hidden) $("a", added)?.focus();
}

let turn = Promise.resolve();
// Each request begins with the rows of the one before.
const inTurn = (/** @type {() => Promise<void>} */ work) => (turn = turn.then(work, work));

// lists.js refreshes the inbox.
const refreshSoon = refresher(
  () => inTurn(load),
  () => wide.matches && !inbox,
);

/** @param {MouseEvent} event */
function showOlder(event) {
  if (place.pages >= MOST || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  tryTo(() => inTurn(loadOlder)).catch(reportError);
}

// The place of the column is the same on all pages.
function keepPlace() {
  if (!scroller.isConnected || !wide.matches) return;
  const top = inbox && location.search ? place.top : scroller.scrollTop; // Of the first page of the inbox.
  const now = JSON.stringify({ member, top, pages: place.pages, isUnreadOnly: showsUnreadOnly() });
  inTabStorage((storage) => storage.setItem(COLUMN, now), undefined);
}

function addPane() {
  const pane = make("div", { className: "pane" });
  const { href } = $(".top a.button") ?? { href: "" };
  const button = make("a", { className: "button", textContent: gettext("New message"), href });
  const textContent = gettext("Choose a conversation, or start a new one.");
  pane.append(make("p", { className: "quiet", textContent }), button);
  required("main").append(pane);
}

/** Called when the window has become wide, for the first time or again. */
export function begin() {
  refreshSoon();
}

if (inbox) {
  addFilter(inbox, () => $('#rows nav.pages a[rel="next"]') !== null);
  addPane();
  showUnread(place.isUnreadOnly);
  // Unless the member has scrolled, or has come back to a row (moving.js).
  const isFree = !inbox.scrollTop && !inbox.contains(document.activeElement);
  if (isFree && !location.search) inbox.scrollTop = place.top;
}
older.addEventListener("click", showOlder);
document.addEventListener("changes", refreshSoon);
document.addEventListener("here", refreshSoon);
document.addEventListener("change", () => markRows(list)); // A text was typed, and its field left.
addEventListener("storage", () => markRows(list));
addEventListener("pagehide", keepPlace);
wide.addEventListener("change", () => wide.matches || resetFilter());
