// @ts-check
// The conversation beside an open thread, around the first message of the thread: for reading, without actions. Loaded on
// wide screens only (bobbin.js). Nothing in it counts as seen, because seen.js observes the messages of the page itself.

import { isAway } from "./away.js";
import { checkCounterpart, isErased, isSame } from "./counterpart.js";
import { getChanged, UNCHANGED } from "./fetching.js";
import { isLong } from "./folding.js";
import { group } from "./groups.js";
import { $, $$, conversation, make, required, thread } from "./page.js";
import { refresher } from "./refreshing.js";
import { idOf, ROW } from "./rows.js";
import { gettext } from "./texts.js";

const NEAR = 80; // Pixels above the end of the column that count as its end.
const LINK = ".top a.crumbs"; // To the conversation, at the first message of the thread.

const wide = matchMedia("(min-width: 75rem)");
const column = make("aside", { id: "around" });
const heading = make("h2", {});
const counterpart = make("a", {});
const scroller = make("div", {});
const list = make("ol", { className: "messages" });
list.setAttribute("role", "list");
list.dataset.conversation = conversation;
const earlier = make("a", { className: "older", hidden: true });
const later = make("a", { className: "older", hidden: true });
const problem = make("p", { className: "quiet", hidden: true });
heading.append(counterpart);
scroller.append(problem, earlier, list, later);
column.append(heading, scroller);

/** @type {string | undefined} */
let version; // Of the page with the rows.
let isPlaced = false; // Whether the first message of the thread was scrolled into view.

const rows = () => $$(":scope > li", list);

// After a change of its name, the counterpart has another address.
function showHeading() {
  const link = $(LINK);
  const name = link?.textContent.trim();
  if (!link || (counterpart.href === link.href && counterpart.textContent === name)) return;
  counterpart.href = link.href;
  counterpart.replaceChildren(make("bdi", { textContent: name }));
  column.setAttribute("aria-label", String(link.getAttribute("aria-label")));
  refreshSoon();
}

/**
 * Moves the name of a row to its link, and removes its id: the thread may show the same message.
 * @param {HTMLElement} row
 */
function simplify(row) {
  const time = required(".meta > a", row);
  time.setAttribute("aria-label", `${time.textContent} ${row.getAttribute("aria-label")}`);
  row.removeAttribute("aria-label");
  const content = required(".content", row);
  content.classList.toggle("is-folded", isLong(content));
  if (idOf(row) === Number(thread)) row.setAttribute("aria-current", "true");
  row.dataset.copyOf = row.id;
  row.removeAttribute("id"); // The keys j and k move among the rows of the page itself, which have ids.
}

/**
 * Returns the rows of a page with the days of this browser, without ids.
 * @param {Document} page
 * @param {string} address
 */
function rowsOf(page, address) {
  const shown = required("ol.messages", page);
  group(shown);
  $$(ROW, shown).forEach(simplify);
  // Of quotes, which are relative to the page of the conversation.
  for (const anchor of $$('a[href^="#"], a[href^="?"]', shown))
    anchor.setAttribute("href", new URL(String(anchor.getAttribute("href")), address).href);
  return $$(":scope > li", shown);
}

/**
 * Shows the rows. Those that are the same stay in the document, with the focus and the selection.
 * @param {HTMLElement[]} fresh
 */
function replaceRows(fresh) {
  const old = new Map(rows().map((row) => [row.outerHTML, row]));
  const now = fresh.map((row) => old.get(row.outerHTML) ?? document.importNode(row, true));
  const kept = new Set(now);
  for (const row of old.values()) if (!kept.has(row)) row.remove();
  now.forEach((row, at) => {
    const there = list.children[at] ?? null;
    if (there !== row) list.insertBefore(row, there);
  });
}

/**
 * Shows the rows, and keeps what is in view at its place: the newest message, or else the first row in view.
 * @param {HTMLElement[]} fresh
 */
function show(fresh) {
  const focused = rows().find((row) => row.contains(document.activeElement));
  const edge = scroller.getBoundingClientRect().top;
  const inView = rows().filter((row) => row.getBoundingClientRect().bottom > edge);
  const tops = new Map(inView.map((row) => [row, row.getBoundingClientRect().top]));
  const isAtEnd = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop < NEAR;
  replaceRows(fresh);
  const root = $(":scope > [aria-current]", list);
  const first = inView.find((row) => row.isConnected);
  if (!isPlaced && root) scrollTo(root, edge + scroller.clientHeight / 3);
  else if (isAtEnd) scroller.scrollTop = scroller.scrollHeight;
  else if (first) scrollTo(first, Number(tops.get(first)));
  isPlaced = true;
  if (!focused || focused.isConnected) return;
  const again = rows().find((row) => row.dataset.copyOf === focused.dataset.copyOf);
  if (again) $("a", again)?.focus({ preventScroll: true });
}

/** @param {HTMLElement} row @param {number} top */
function scrollTo(row, top) {
  scroller.scrollTop += row.getBoundingClientRect().top - top;
}

/**
 * A link to the messages before or after the rows.
 * @param {HTMLAnchorElement} link
 * @param {HTMLAnchorElement | null} shown
 * @param {string} address
 */
function showLink(link, shown, address) {
  link.hidden = !shown;
  link.textContent = shown?.textContent ?? "";
  link.href = shown ? new URL(shown.search, address).href : "";
}

/** @param {boolean} isProblem */
function empty(isProblem) {
  list.replaceChildren();
  [earlier.hidden, later.hidden, problem.hidden] = [true, true, !isProblem];
  version = undefined;
  const link = make("a", { textContent: gettext("Open the conversation"), href: counterpart.href });
  problem.replaceChildren(gettext("The conversation could not be loaded."), " ", link);
}

/** @param {unknown} error */
function fail(error) {
  if (column.isConnected && !list.firstChild) empty(true); // The rows that are there stay.
  throw error;
}

async function load() {
  const address = counterpart.href;
  const part = new URL(address);
  part.searchParams.set("part", "rows");
  const page = await getChanged(String(part), version).catch(fail);
  // The column is removed while the page is hidden from another member, or after a log-out.
  if (page === UNCHANGED || !column.isConnected) return;
  if (!page || !isSame(page) || !$("ol.messages", page)) {
    if (!(await checkCounterpart()) || isErased()) empty(true);
    return;
  }
  problem.hidden = true;
  version = required("ol.messages", page).dataset.version;
  showLink(earlier, $('nav.pages a[rel="prev"]', page), address);
  showLink(later, $('nav.pages a[rel="next"]', page), address);
  show(rowsOf(page, address));
}

const refreshSoon = refresher(load, () => wide.matches && column.isConnected);

/** Called when the window has become wide enough, for the first time or again. */
export function begin() {
  if (isAway() || !wide.matches) return;
  // After the list of conversations, which has fewer links.
  if (!column.isConnected) ($("#beside") ?? required("main")).after(column);
  showHeading();
  refreshSoon();
}

function remove() {
  empty(false);
  column.remove();
  isPlaced = false;
}

document.addEventListener("conversation", refreshSoon);
document.addEventListener("away", remove);
document.addEventListener("here", begin);
new MutationObserver(showHeading).observe(required(".top"), { childList: true });
