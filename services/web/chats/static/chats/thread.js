// @ts-check
// Threads and conversations: inserts new messages at their place, and updates changed ones.

import { sayArrivals } from "./arrivals.js";
import { checkContent } from "./away.js";
import { checkCounterpart, isAsKnown, isErased, isSame, updateHeading } from "./counterpart.js";
import { get, getChanged, UNCHANGED } from "./fetching.js";
import { fold, reveal } from "./folding.js";
import { group } from "./groups.js";
import { reload, removeRow } from "./keeping.js";
import { $, $$, messages, required, thread } from "./page.js";
import { all, byId, deepBelow, depthOf, idOf, LABEL, lastId, link, REPLY } from "./rows.js";
import { gettext } from "./texts.js";

export const DEEPEST = 6; // As in chats/rows.py.

/** @param {HTMLElement} row @param {HTMLElement} fresh */
function update(row, fresh) {
  for (const part of [".who", ".content", LABEL, ".answers"]) {
    const [old, now] = [$(part, row), $(part, fresh)];
    if (old && now && old.innerHTML !== now.innerHTML) old.replaceWith(now);
  }
  Object.assign(required(".meta", row).dataset, { ...required(".meta", fresh).dataset }); // The initials of the name.
  const reply = $(REPLY, fresh); // There is no Reply link if the counterpart is deactivated.
  if (!reply) $(REPLY, row)?.remove();
  else if (!$(REPLY, row)) $(".actions", row)?.prepend(reply, " ");
  for (const mark of [".edited", ".seen"]) {
    const [old, now] = [$(mark, row), $(mark, fresh)];
    // Without the mark, the receiver has marked the message as unread again.
    if (!now) old?.remove();
    else if (!old) required(".meta", row).append(" ", now);
    if (now && mark === ".seen") $(".sent", row)?.remove();
  }
}

/**
 * Inserts a row among the replies to its parent. Without a parent on this page, inserts it by its id.
 * @param {HTMLElement} row
 */
function insert(row) {
  const parent = thread && byId(row.dataset.parent);
  if (!parent) {
    const next = all().find((other) => idOf(other) > idOf(row) && !depthOf(other));
    const place = next ?? $("li.is-unsent:not([data-depth])", required("ol.messages"));
    return place ? place.before(row) : messages?.append(row);
  }
  const depth = depthOf(parent) + 1;
  let place = parent;
  for (const below of deepBelow(parent)) {
    if (depthOf(below) === depth && idOf(below) > idOf(row)) break;
    place = below;
  }
  row.classList.replace(`indent-${Math.min(depthOf(row), DEEPEST)}`, `indent-${Math.min(depth, DEEPEST)}`);
  row.dataset.depth = String(depth);
  if (depth <= DEEPEST) $(".answers", row)?.remove();
  return place.after(row);
}

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
  for (const row of $$("ol.messages li[data-message]", page)) {
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
  group();
  fold();
  added.forEach(reveal);
  return added;
}

// Moves rows below their parents, after an earlier page with these parents was loaded.
function settle() {
  if (!thread) return;
  for (const row of all().sort((one, other) => idOf(one) - idOf(other))) {
    const parent = byId(row.dataset.parent);
    if (parent && depthOf(row) !== depthOf(parent) + 1) insert(row);
  }
}

/** @param {Document} page */
const nextOf = (page) => {
  const next = $('nav.pages a[rel="next"]', page);
  return next && Number(new URLSearchParams(next.search).get("from"));
};

/** @param {Document} page */
const idsOf = (page) => $$("ol.messages li[data-message]", page).map(idOf);

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
 * Fetches new and changed messages: from the first of `ids` on, or all. Does not show additional pages.
 * @param {number[]} [ids]
 */
export async function refreshMessages(ids) {
  if (isErased()) return;
  const end = link("next") ? lastId() : Infinity;
  /** @type {number | null | undefined} */
  let from = Math.min(...(ids ?? all().map(idOf)));
  for (; from && from <= end; from = known.get(from)?.next) {
    const shown = all();
    const page = await getHere(`${location.pathname}?from=${from}`, known.get(from)?.version);
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
