// @ts-check
// Threads and conversations: inserts new messages at their place, and updates changed ones.

import { sayArrivals } from "./arrivals.js";
import { checkContent } from "./away.js";
import { checkCounterpart, isAsKnown, isErased, isSame, updateHeading } from "./counterpart.js";
import { get, getChanged, UNCHANGED } from "./fetching.js";
import { fold, reveal } from "./folding.js";
import { group } from "./groups.js";
import { insert, settle } from "./inserting.js";
import { reload, removeRow } from "./keeping.js";
import { $, $$, addressOf, messages, required, thread } from "./page.js";
import { all, byId, idOf, lastId, link, rootOf, ROW } from "./rows.js";
import { keepNewestTime } from "./seen.js";
import { gettext } from "./texts.js";
import { update } from "./updating.js";

/** @type {Promise<unknown>} */
let response = Promise.resolve();
/**
 * Updates wait for the response to a send, which says which message of the page is the sent one.
 * @param {Promise<unknown>} promise
 */
export const awaitResponse = (promise) => (response = promise);

/**
 * Updates and inserts the wanted messages of a page. Returns the rows that are new here.
 * @param {Document} page
 * @param {(id: number) => boolean} wanted
 */
export function merge(page, wanted = () => true) {
  const added = /** @type {HTMLElement[]} */ ([]);
  for (const row of $$(`ol.messages ${ROW}`, page)) {
    const old = byId(idOf(row));
    if (old) update(old, row);
    else if (wanted(idOf(row))) {
      const copy = document.importNode(row, true);
      insert(copy);
      copy.dispatchEvent(new Event("arrived", { bubbles: true })); // unsent.js may show the same message.
      added.push(copy);
    }
  }
  settle();
  keepNewestTime();
  group();
  fold();
  added.forEach(reveal);
  return added;
}

/** @param {Document} page */
const nextOf = (page) => {
  const next = $('nav.pages a[rel="next"]', page);
  return next && Number(new URLSearchParams(next.search).get("from"));
};

/** @param {Document} page */
const idsOf = (page) => $$(`ol.messages ${ROW}`, page).map(idOf);

/**
 * The version of each loaded page and the first id of the next page. The key is the first id of a page.
 * @type {Map<number, { version: string | undefined, next: number | null }>}
 */
const known = new Map();

/** @param {Document} page */
function note(page, from = Math.min(...idsOf(page)), isWhole = true) {
  const version = isWhole ? required("ol.messages", page).dataset.version : undefined;
  known.set(from, { version, next: nextOf(page) });
}

if (messages) note(document);

/**
 * Fetches a page of this conversation. The name in the URL may have another owner by now: then returns null.
 * @param {string} address
 * @param {string | undefined} version
 */
async function getHere(address, version) {
  const page = await getChanged(address, version);
  return page === UNCHANGED || (page && isSame(page)) ? page : null;
}

/** @param {HTMLElement[]} rows */
function showArrivals(rows) {
  sayArrivals(rows);
  const others = rows.filter((row) => row.matches(".is-new"));
  // Without a connection, only the button is missing.
  if (others.length) import("./pill.js").then(({ watchArrivals }) => watchArrivals(others)).catch(() => {});
}

/**
 * Fetches new and changed messages: from the first of `ids` on, or all. Does not show additional pages. Then updates
 * the first messages of threads with new replies: `roots`, and those of the messages that are new here.
 * @param {number[]} [ids]
 * @param {number[]} [roots]
 */
export async function refreshMessages(ids, roots = []) {
  if (isErased()) return;
  const end = link("next") ? lastId() : Infinity;
  /** @type {number | null | undefined} */
  let from = Math.min(...(ids ?? all().map(idOf)));
  const [answered, fetched] = [new Set(roots), new Set()];
  for (; from && from <= end; from = known.get(from)?.next) {
    const shown = all();
    const page = await getHere(addressOf(`from=${from}`), known.get(from)?.version);
    if (!page) {
      // None of the shown messages exists any more.
      if (!(await checkCounterpart()) && !ids) reload(gettext("These messages are no longer there."));
      return;
    }
    if (page === UNCHANGED) continue;
    if (!isAsKnown(page) && (await checkCounterpart())) return;
    await response;
    checkContent();
    const added = merge(page, (id) => id <= end);
    showArrivals(added);
    removeDeleted(shown, page, from);
    if (thread) await updateHeading(page);
    const isWhole = idsOf(page).every((id) => id <= end);
    note(page, from, isWhole);
    for (const id of idsOf(page)) fetched.add(id);
    for (const row of added) answered.add(rootOf(row));
  }
  if (!thread) await refreshRoots([...answered].filter((root) => byId(root) && !fetched.has(root)));
}

/**
 * Updates the rows of these first messages and of those on the same pages. Inserts no rows.
 * @param {number[]} roots
 */
async function refreshRoots(roots) {
  for (let [root, ...rest] = roots.sort((one, other) => one - other); root; [root, ...rest] = rest) {
    const page = await getHere(addressOf(`from=${root}`), known.get(root)?.version);
    if (!page) return;
    if (page === UNCHANGED) continue;
    merge(page, () => false);
    const there = idsOf(page);
    rest = rest.filter((other) => !there.includes(other));
  }
}

/**
 * Removes rows that were shown before and are missing in their fetched page.
 * @param {HTMLElement[]} shown
 * @param {Document} page
 * @param {number} from
 */
function removeDeleted(shown, page, from) {
  const there = new Set(idsOf(page));
  const end = nextOf(page) ?? Infinity;
  for (const row of shown) if (idOf(row) >= from && idOf(row) < end && !there.has(idOf(row))) removeRow(row);
}

/** @param {HTMLAnchorElement} anchor */
export async function loadPage(anchor) {
  const page = await get(anchor.href);
  if (!page || !isSame(page)) return void (await checkCounterpart());
  note(page);
  const earlier = anchor.rel === "prev";
  const top = all()[0];
  const before = top.getBoundingClientRect().top;
  const nav = anchor.closest("nav");
  const next = $(`nav.pages a[rel="${anchor.rel}"]`, page)?.closest("nav");
  const { style } = document.documentElement;
  style.overflowAnchor = "none"; // Some browsers would also correct the scroll position.
  merge(page);
  if (next) nav?.replaceWith(document.importNode(next, true));
  else nav?.remove();
  if (earlier) scrollBy({ top: top.getBoundingClientRect().top - before, behavior: "instant" });
  requestAnimationFrame(() => (style.overflowAnchor = ""));
}
