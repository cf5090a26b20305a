// @ts-check
// Handles live events: fetches the changes that concern this page.

import { AwayError } from "./away.js";
import { checkCounterpart } from "./counterpart.js";
import { fetchState, isUnanswered } from "./fetching.js";
import { reload, removeRow } from "./keeping.js";
import { refreshRows } from "./lists.js";
import { $, conversation, found, messages, random, rows, siteName, thread } from "./page.js";
import { byId } from "./rows.js";
import { leaveUnread, markSeen } from "./seen.js";
import { gettext } from "./texts.js";
import { refreshMessages } from "./thread.js";

/**
 * The generation of the content of this page. An event leaves it as it is: an earlier event may have been lost.
 * @type {string | null}
 */
let generation = document.body?.dataset.generation || null;
const OFFLINE = messages
  ? gettext("You’re offline. Messages are sent when you’re back.")
  : gettext("You’re offline. This page is updated when you’re back.");
const MANY = ["sync", "member"]; // Kinds of events that many members may receive at the same time.
/** @type {LiveEvent} */
const SYNC = { kind: "sync" }; // Anything may have changed.
/** @type {LiveEvent[]} */
let waiting = [];
/** @type {number | undefined} */
let soon;
let missed = false; // Whether a change was not fetched: this page was hidden, or a request failed.

const isOfConversation = (/** @type {LiveEvent} */ event) =>
  Boolean(messages) && Number(conversation) === event.conversation;

const concerns = (/** @type {LiveEvent} */ event) =>
  event.kind === "sync" || (isOfConversation(event) && (!thread || Number(thread) === event.thread));

/** @param {number | undefined} id */
function remove(id) {
  const row = byId(id);
  if (row) removeRow(row);
  // The first message of a thread is deleted after all others, so nothing is left to answer.
  if (thread && id === Number(thread)) reload(gettext("These messages are no longer there."));
}

/** @param {LiveEvent} event */
export function onEvent(event) {
  if (event.kind === "read" && isOfConversation(event)) markSeen(event);
  const row = byId(event.message);
  if (event.kind === "unread" && row && concerns(event)) {
    $(".seen", row)?.remove();
    leaveUnread(row); // The member has marked it on another page or device.
  }
  if (event.kind === "deleted" && concerns(event)) remove(event.message);
  waiting.push(event);
  // A random delay spreads the requests if many members receive an event. Other events are handled after
  // 20 ms. `act` handles later ones together after 200 ms, to limit the load on the server.
  soon ??= setTimeout(act, MANY.includes(event.kind) ? random(0, 1000) : 20);
}

document.addEventListener("counterpart", () => messages && tryTo(() => refreshMessages()));

async function act() {
  const events = waiting;
  waiting = [];
  const work = tryTo(() => refresh(events).then(fetchState));
  await work.finally(() => (soon = waiting.length ? setTimeout(act, 200) : undefined));
}

/**
 * Refreshes what the events concern. After a missed change, refreshes everything on this page.
 * @param {LiveEvent[]} events
 */
async function refresh(events) {
  const wanted = missed ? [...events, SYNC] : events;
  missed = document.hidden; // A hidden tab fetches nothing, because its member does not see it.
  if (missed) return;
  document.dispatchEvent(new Event("changes")); // beside.js refreshes its list.
  const isHere = wanted.some((event) => MANY.includes(event.kind) || isOfConversation(event));
  if (isHere) document.dispatchEvent(new Event("conversation")); // around.js refreshes the conversation of a thread.
  try {
    await fetchChanges(wanted);
  } catch (error) {
    missed = true; // Otherwise the next event, which may concern less, would make this page count as up to date.
    throw error;
  }
}

/** @param {LiveEvent[]} events */
async function fetchChanges(events) {
  const here = events.filter(concerns);
  const ids = here.filter(({ kind }) => kind === "new" || kind === "edited").map(({ message }) => Number(message));
  const replies = here.filter(({ kind, message, thread: root }) => kind === "new" && message !== root);
  const roots = replies.map((event) => Number(event.thread));
  const isMember = events.some(({ kind }) => kind === "member");
  const isSync = events.some(({ kind }) => kind === "sync");
  if (rows || (found && (isMember || isSync))) await refreshRows(isMember);
  else if ($("#beginning")) await import("./beginning.js").then(({ refreshBeginning }) => refreshBeginning());
  else if (isMember || (isSync && !messages)) await checkCounterpart();
  if (messages && (isSync || ids.length)) await refreshMessages(isSync ? undefined : ids, roots);
}

/**
 * Runs `work` and shows network errors. The next event tries again, or a poll soon. Returns whether `work` has succeeded.
 * @param {() => unknown} work
 */
export async function tryTo(work) {
  try {
    await work();
    say("");
    return true;
  } catch (error) {
    if (error instanceof AwayError) return false;
    say(textOf(error));
    document.dispatchEvent(new Event("failed")); // live.js checks the state soon.
    return false;
  }
}

/**
 * Throws an error that has nothing to do with the network or the load of the server.
 * @param {unknown} error
 */
function textOf(error) {
  const why = error instanceof Error ? error.message : "";
  if (/^429/.test(why)) return gettext("Too many requests at once. %(site)s tries again.", { site: siteName });
  if (!navigator.onLine) return OFFLINE;
  if (isUnanswered(error) || /^50[234]/.test(why)) return gettext("Reconnecting…");
  throw error;
}

// The browser knows at once that it has no network. `live.js` checks the state when it has one again.
addEventListener("offline", () => say(OFFLINE));

let problem = ""; // The text of the last problem.
export const hasFailed = () => problem !== "";

/**
 * Shows a problem, or removes the last one. A text that keeping.js shows there stays.
 * @param {string} text
 */
function say(text) {
  const line = $("#connection");
  if (line && line.textContent !== text && (text || line.textContent === problem)) line.textContent = text;
  problem = text;
}

// Refreshes this page if anything has changed since it was made. If no event was lost, it finds nothing new.
export async function checkState() {
  const now = await fetchState();
  const changed = missed || now.generation === null || now.generation !== generation; // Some pages have no generation.
  if (changed) await refresh([SYNC]);
  generation = now.generation; // Only after the refresh, so that a failed one is tried again.
}
