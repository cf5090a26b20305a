// @ts-check
// The list of conversations in a column beside the open page. Loaded on wide screens only (bobbin.js). On the inbox, which
// has the rows, adds a filter to them and a text beside them.

import { tryTo } from "./events.js";
import { get } from "./fetching.js";
import { addFilter, resetFilter, showsUnreadOnly, showUnread } from "./filtering.js";
import { COLUMN } from "./lists.js";
import { markRows } from "./marks.js";
import { $, $$, make, required, rows as inbox } from "./page.js";
import { inTabStorage } from "./remembered.js";
import { gettext } from "./texts.js";

const LIST = "/chats/";
const MOST = 4; // Pages of the list in the column. After them, "Show older" opens the next one as a page.
const TOGETHER = 1_000; // Milliseconds from one request to the next.
const LATER = 10_000; // The same after a failed one.

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

/** The row of a conversation, as the server has sent it. @type {WeakMap<Element, string>} */
const sources = new WeakMap();
const rows = () => $$(":scope > li", list);
/** @param {HTMLElement} row */
const keyOf = (row) => String(row.dataset.conversation);
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

/** @param {HTMLElement} fresh @param {HTMLElement | undefined} known */
function rowFor(fresh, known) {
  if (known && sources.get(known) === fresh.outerHTML) return known;
  const row = document.importNode(fresh, true);
  sources.set(row, fresh.outerHTML);
  return row;
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
  addFilter(scroller);
}

async function load() {
  /** @type {Map<string, HTMLElement>} */
  const fresh = new Map(); // A conversation may move to another page between two requests.
  let address = LIST;
  for (let at = 0; at < place.pages && address; at += 1) {
    const page = await get(address);
    for (const row of page ? $$("#rows .rows > li", page) : []) if (!fresh.has(keyOf(row))) fresh.set(keyOf(row), row);
    const next = page && $('#rows nav.pages a[rel="next"]', page)?.search;
    address = next ? LIST + next : "";
  }
  // `get` has checked which member is logged in, and from here on nothing waits.
  const isFirst = !column.isConnected;
  if (isFirst) addColumn();
  show([...fresh.values()]);
  older.hidden = !address;
  older.href = address;
  if (isFirst) restorePlace();
}

/** @type {number | undefined} */
let soon;
let latest = -TOGETHER;
let isStale = false;

async function refresh() {
  [isStale, latest] = [false, performance.now()];
  const isLoaded = await tryTo(load);
  soon = undefined;
  if (!isLoaded) setTimeout(refreshSoon, LATER);
  else if (isStale) refreshSoon();
}

function refreshSoon() {
  if (!wide.matches || inbox) return; // lists.js refreshes the inbox.
  isStale = true;
  soon ??= setTimeout(refresh, Math.max(0, latest + TOGETHER - performance.now()));
}

/** @param {MouseEvent} event */
function showOlder(event) {
  if (place.pages >= MOST || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const shown = rows().length;
  place.pages += 1;
  tryTo(load).then((isLoaded) => {
    if (!isLoaded) place.pages -= 1;
    else if (older.hidden) $("a", rows()[shown])?.focus();
  });
}

// The place of the column is the same on all pages.
function keepPlace() {
  if (!scroller.isConnected || !wide.matches) return;
  const { scrollTop: top } = scroller;
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
  addFilter(inbox);
  addPane();
  if (!location.search) inbox.scrollTop = place.top;
}
older.addEventListener("click", showOlder);
document.addEventListener("changes", refreshSoon);
document.addEventListener("change", () => markRows(list)); // A text was typed, and its field left.
addEventListener("storage", () => markRows(list));
addEventListener("pagehide", keepPlace);
wide.addEventListener("change", () => wide.matches || resetFilter());
