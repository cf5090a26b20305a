// Acts on what is told of: fetches what this page shows of it.

import { AwayError } from "./away.js";
import { checkCounterpart } from "./counterpart.js";
import { askState } from "./fetching.js";
import { removeRow } from "./keeping.js";
import { refreshFound, refreshRows } from "./lists.js";
import { $, found, messages, random, rows } from "./page.js";
import { byId } from "./rows.js";
import { markSeen, refreshMessages } from "./thread.js";

let stamp = document.body?.dataset.stamp || null;
const MANY = ["sync", "member"]; // Kinds that many members may be told of at the same moment.
let waiting = [];
let soon = null;
let missed = false; // Something changed while nobody looked at this page.

function concerns(notice) {
  if (notice.kind === "sync") return true;
  if (!messages || Number(messages.dataset.conversation) !== notice.conversation) return false;
  return !messages.dataset.thread || Number(messages.dataset.thread) === notice.thread;
}

export function hear(notice) {
  if (notice.kind === "read" && messages && Number(messages.dataset.conversation) === notice.conversation) markSeen(notice);
  if (notice.kind === "unread" && messages && concerns(notice)) $(".seen", byId(notice.message) ?? messages.cloneNode())?.remove();
  if (notice.kind === "deleted" && messages && concerns(notice) && byId(notice.message)) removeRow(byId(notice.message));
  waiting.push(notice);
  // At once, and then no more often than pages can be made.
  soon ??= setTimeout(act, MANY.includes(notice.kind) ? random(0, 1000) : 20);
}

document.addEventListener("counterpart", () => messages && tryTo(refreshMessages));

async function act() {
  const notices = waiting;
  waiting = [];
  try {
    await tryTo(() => answer(notices));
  } finally {
    soon = waiting.length ? setTimeout(act, 200) : null;
  }
}

async function answer(notices) {
  // A message is read when it is shown to somebody: not in a tab that nobody sees.
  if (document.hidden) missed = true;
  const ours = notices.filter(concerns);
  const ids = ours.filter(({ kind }) => kind === "new" || kind === "edited").map(({ message }) => message);
  const isMember = notices.some(({ kind }) => kind === "member");
  const isAny = isMember || notices.some(({ kind }) => kind === "sync");
  if (!document.hidden && rows) await refreshRows(isMember);
  else if (!document.hidden && found && isAny) await refreshFound();
  else if (!document.hidden && (messages ? isMember : isAny)) await checkCounterpart();
  if (!document.hidden && messages && ours.some(({ kind }) => kind === "sync")) await refreshMessages();
  else if (!document.hidden && messages && ids.length) await refreshMessages(ids);
  await badges();
}

// What this page shows is up to date already: only the badges, and from when on to compare.
async function badges() {
  const now = await askState();
  if (!document.hidden) stamp = now.stamp;
}

async function refresh() {
  if (document.hidden) {
    missed = true;
    return;
  }
  if (rows) await refreshRows();
  else if (found) await refreshFound();
  else if (messages) await refreshMessages();
  else await checkCounterpart();
  missed = false;
}

// A page that cannot be reached is tried again by whatever comes next.
export async function tryTo(work) {
  try {
    await work();
    say("");
  } catch (error) {
    if (error instanceof AwayError) return;
    if (/^429/.test(error.message)) return say("Too many requests at once. Bobbin tries again.");
    if (!(error instanceof TypeError) && !/^50[234]/.test(error.message)) throw error;
    say("No connection. Bobbin tries again.");
  }
}

function say(text) {
  const line = $("#connection");
  if (line && line.textContent !== text) line.textContent = text;
}

// Whether anything has changed since this page was made.
export async function look() {
  const now = await askState();
  const changed = now.stamp === null || now.stamp !== stamp; // Some pages do not say as of when they are.
  if (changed) await refresh();
  stamp = now.stamp; // Not before: what could not be fetched is tried again.
}

// What happened while nobody looked at this page.
export async function catchUp() {
  if (!missed) return look();
  await refresh();
  return badges();
}
