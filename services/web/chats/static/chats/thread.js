// Threads and conversations: what is new or changed goes where it belongs.

import { sayArrivals } from "./arrivals.js";
import { checkCounterpart, isAsKnown, isErased, isSame } from "./counterpart.js";
import { get, UNCHANGED } from "./fetching.js";
import { fold, reveal } from "./folding.js";
import { reload, removeRow } from "./keeping.js";
import { $, $$, messages } from "./page.js";
import { all, byId, deepBelow, depthOf, idOf, lastId, link, REPLY } from "./rows.js";

const LABEL = ".meta > [hidden]"; // Names the controls of a row.
const DEEPEST = 6; // As in chats/pages.py.

function update(row, fresh) {
  for (const part of [".who", ".content", LABEL, ".answers"]) {
    const [old, now] = [$(part, row), $(part, fresh)];
    if (old && now && old.innerHTML !== now.innerHTML) old.replaceWith(now);
  }
  const reply = $(REPLY, fresh); // There is none to a deactivated member.
  if (!reply) $(REPLY, row)?.remove();
  else if (!$(REPLY, row)) $(".actions", row)?.prepend(reply, " ");
  for (const mark of [".edited", ".seen"]) {
    const found = $(mark, fresh);
    if (found && !$(mark, row)) $(".meta", row).append(" ", found);
  }
  if (!$(".seen", fresh)) $(".seen", row)?.remove(); // Marked unread again.
}

// Under what it answers, among the replies that are there; or by its id.
function insert(row) {
  const parent = messages.dataset.thread && byId(row.dataset.parent);
  if (!parent) {
    const next = all().find((other) => idOf(other) > idOf(row) && !depthOf(other));
    return next ? next.before(row) : messages.append(row);
  }
  const depth = depthOf(parent) + 1;
  let place = parent;
  for (const below of deepBelow(parent)) {
    if (depthOf(below) === depth && idOf(below) > idOf(row)) break;
    place = below;
  }
  row.classList.replace(`indent-${Math.min(depthOf(row), DEEPEST)}`, `indent-${Math.min(depth, DEEPEST)}`);
  row.dataset.depth = depth;
  if (depth <= DEEPEST) $(".answers", row)?.remove();
  return place.after(row);
}

// Put the messages of a page that are wanted where they belong; returns those that are new here.
export function merge(page, wanted = () => true) {
  const added = [];
  for (const row of $$("ol.messages li[data-message]", page)) {
    const old = byId(idOf(row));
    if (old) update(old, row);
    else if (wanted(idOf(row))) {
      insert(document.importNode(row, true));
      added.push(byId(idOf(row)));
    }
  }
  settle();
  fold();
  added.forEach(reveal);
  return added;
}

// What stood alone, because what it answers was on an earlier page, goes below that once it is here.
function settle() {
  if (!messages.dataset.thread) return;
  for (const row of all().sort((one, other) => idOf(one) - idOf(other))) {
    const parent = byId(row.dataset.parent);
    if (parent && depthOf(row) !== depthOf(parent) + 1) insert(row);
  }
}

const atBottom = () => innerHeight + scrollY >= document.body.scrollHeight - 80;

const nextOf = (page) => {
  const next = $('nav.pages a[rel="next"]', page);
  return next && Number(new URLSearchParams(next.search).get("from"));
};

const idsOf = (page) => $$("ol.messages li[data-message]", page).map(idOf);

// Pages by where they begin: what they showed when they came, and where the next one begins.
const known = new Map();

function note(page, from = Math.min(...idsOf(page)), isWhole = true) {
  known.set(from, { version: isWhole && $("ol.messages", page).dataset.version, next: nextOf(page) });
}

if (messages) note(document);

// A page of this conversation: a name may lead to another one by now.
async function getHere(address, version) {
  const page = await get(address, version);
  return page === UNCHANGED || (page && isSame(page)) ? page : null;
}

// What was written or changed since, of messages `ids` or of all. Later pages that are not shown yet stay so.
export async function refreshMessages(ids) {
  if (isErased()) return;
  const end = link("next") ? lastId() : Infinity;
  const stay = atBottom() && !$("form :focus");
  for (let from = Math.min(...(ids ?? all().map(idOf))); from && from <= end; from = known.get(from)?.next) {
    const shown = all();
    const page = await getHere(`${location.pathname}?from=${from}`, known.get(from)?.version);
    if (!page) {
      // Of all that is shown nothing is left.
      if (!(await checkCounterpart()) && !ids) reload("These messages are no longer there.");
      return;
    }
    if (page === UNCHANGED) continue;
    if (!isAsKnown(page) && (await checkCounterpart())) return;
    const added = merge(page, (id) => id <= end);
    sayArrivals(added);
    removeDeleted(shown, page, from);
    note(page, from, idsOf(page).every((id) => id <= end));
    if (stay) added.at(-1)?.scrollIntoView({ block: "nearest" });
  }
}

// What was shown before, and should be on this page but is not.
function removeDeleted(shown, page, from) {
  const there = new Set(idsOf(page));
  const end = nextOf(page) ?? Infinity;
  for (const row of shown) if (idOf(row) >= from && idOf(row) < end && !there.has(idOf(row))) removeRow(row);
}

export async function loadPage(anchor) {
  const page = await getHere(anchor.href);
  if (!page) return void (await checkCounterpart());
  note(page);
  const earlier = anchor.rel === "prev";
  const top = all()[0];
  const before = top.getBoundingClientRect().top;
  const nav = anchor.closest("nav");
  const next = $(`nav.pages a[rel="${anchor.rel}"]`, page)?.closest("nav");
  const { style } = document.documentElement;
  style.overflowAnchor = "none"; // Some browsers would scroll too.
  merge(page);
  if (next) nav.replaceWith(document.importNode(next, true));
  else nav.remove();
  if (earlier) scrollBy({ top: top.getBoundingClientRect().top - before, behavior: "instant" });
  requestAnimationFrame(() => (style.overflowAnchor = ""));
}

export function markSeen(notice) {
  for (const row of all()) {
    const inside = notice.ids ? notice.ids.includes(idOf(row)) : idOf(row) >= notice.first && idOf(row) <= notice.message;
    const here = !notice.thread || !messages.dataset.thread || Number(messages.dataset.thread) === notice.thread;
    if (!inside || !here || !row.matches(".is-mine") || $(".seen", row)) continue;
    const seen = Object.assign(document.createElement("span"), { className: "seen", textContent: "read" });
    $(".meta", row).append(" ", seen);
  }
}
