// Handles live events: fetches the changes that concern this page.

import { AwayError } from "./away.js";
import { checkCounterpart } from "./counterpart.js";
import { fetchState } from "./fetching.js";
import { reload, removeRow } from "./keeping.js";
import { refreshFound, refreshRows } from "./lists.js";
import { $, found, messages, random, rows } from "./page.js";
import { byId } from "./rows.js";
import { markSeen, refreshMessages } from "./thread.js";

let generation = document.body?.dataset.generation || null;
const MANY = ["sync", "member"]; // Kinds of events that many members may receive at the same time.
let waiting = [];
let soon = null;
let missed = false; // Whether something changed while this page was hidden.

function concerns(event) {
  if (event.kind === "sync") return true;
  if (!messages || Number(messages.dataset.conversation) !== event.conversation) return false;
  return !messages.dataset.thread || Number(messages.dataset.thread) === event.thread;
}

function remove(id) {
  if (byId(id)) removeRow(byId(id));
  // The first message of a thread is deleted after all others, so nothing is left to answer.
  if (id === Number(messages.dataset.thread)) reload("These messages are no longer there.");
}

export function onEvent(event) {
  if (event.kind === "read" && messages && Number(messages.dataset.conversation) === event.conversation)
    markSeen(event);
  if (event.kind === "unread" && messages && concerns(event))
    $(".seen", byId(event.message) ?? messages.cloneNode())?.remove();
  if (event.kind === "deleted" && messages && concerns(event)) remove(event.message);
  waiting.push(event);
  // A random delay spreads the requests if many members receive an event. Other events are handled after
  // 20 ms. `act` handles later ones together after 200 ms, to limit the load on the server.
  soon ??= setTimeout(act, MANY.includes(event.kind) ? random(0, 1000) : 20);
}

document.addEventListener("counterpart", () => messages && tryTo(refreshMessages));

async function act() {
  const events = waiting;
  waiting = [];
  try {
    await tryTo(() => answer(events));
  } finally {
    soon = waiting.length ? setTimeout(act, 200) : null;
  }
}

async function answer(events) {
  // A hidden tab fetches nothing, because its member does not see it. `catchUp` fetches the changes later.
  if (document.hidden) missed = true;
  const here = events.filter(concerns);
  const ids = here.filter(({ kind }) => kind === "new" || kind === "edited").map(({ message }) => message);
  const isMember = events.some(({ kind }) => kind === "member");
  const isAny = isMember || events.some(({ kind }) => kind === "sync");
  if (!document.hidden && rows) await refreshRows(isMember);
  else if (!document.hidden && found && isAny) await refreshFound();
  else if (!document.hidden && (messages ? isMember : isAny)) await checkCounterpart();
  if (!document.hidden && messages && here.some(({ kind }) => kind === "sync")) await refreshMessages();
  else if (!document.hidden && messages && ids.length) await refreshMessages(ids);
  await badges();
}

// Updates the badges and the generation of a page whose content is up to date.
async function badges() {
  const now = await fetchState();
  if (!document.hidden) generation = now.generation;
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

// Runs `work` and shows network errors. The next event or poll tries again.
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

// Refreshes this page if anything has changed since it was made.
export async function checkState() {
  const now = await fetchState();
  const changed = now.generation === null || now.generation !== generation; // Some pages have no generation.
  if (changed) await refresh();
  generation = now.generation; // Only after the refresh, so that a failed one is tried again.
}

// Fetches the changes that happened while this page was hidden.
export async function catchUp() {
  if (!missed) return checkState();
  await refresh();
  return badges();
}
