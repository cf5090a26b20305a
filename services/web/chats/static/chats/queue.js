// @ts-check
// The queue of messages that the server has not accepted yet. It sends them in order until the server has answered. A
// repeated send changes nothing, because each message has an id.

import { checkContent } from "./away.js";
import { read, remove, unsentKey, unsentKeys, write } from "./drafts.js";
import { tryTo } from "./events.js";
import { checkSession, currentToken, fetchState, headingOf, inTime, sendWithToken } from "./fetching.js";
import { conversation, thread } from "./page.js";
import { inTabStorage } from "./remembered.js";

const LOCK = "bobbin-unsent"; // Another tab sends nothing meanwhile. Without Web Locks, the ids prevent a second message.
const RETRY = { least: 2_000, most: 60_000 }; // Milliseconds until a failed request is repeated.
const KEPT_ALIVE = 60_000; // Bytes of a request that the browser completes although the page is closed.

/**
 * Called for each change of the queue, so that the page shows it.
 * @typedef {object} Shown
 * @property {(message: Unsent) => void} sending
 * @property {(message: Unsent) => void} waiting
 * @property {(message: Unsent, address: string) => void} accepted
 * @property {(message: Unsent, status: number, html: string) => void} refused
 */

// Informs the other tabs of the ids of messages that were sent or discarded.
export const settled = new BroadcastChannel("bobbin-unsent");
/** Messages that the storage did not accept, by id. @type {Map<string, Unsent>} */
const inMemory = new Map();
addEventListener("beforeunload", (event) => inMemory.size && event.preventDefault());
/** @type {Promise<void> | null} */
let running = null;
let isNeeded = false; // Whether a message was added after the last one was sent.
let hasFailed = false; // Then another member may be logged in meanwhile, which the state of the page shows.
let delay = RETRY.least;
/** @type {number | undefined} */
let timer;

/** The messages, oldest first. @returns {Unsent[]} */
export function queued() {
  const stored = unsentKeys().map((key) => /** @type {Unsent | null} */ (read(key)));
  return [...stored.filter((message) => message !== null), ...inMemory.values()].sort(
    (one, other) => one.at - other.at,
  );
}

const TAB = "bobbin-tab";
const fresh = `${Math.random()}`;
// Identifies this tab, also after a reload.
export const tab = inTabStorage((storage) => storage.getItem(TAB) ?? (storage.setItem(TAB, fresh), fresh), fresh);

/** @param {HTMLFormElement} form @param {string} text @returns {Unsent} */
export function messageOf(form, text) {
  const fields = Object.fromEntries(new FormData(form));
  delete fields.csrfmiddlewaretoken; // It may be another one when the message is sent.
  const latest = queued().at(-1)?.at ?? 0;
  return {
    id: form.elements.client_id.value,
    text,
    at: Math.max(Date.now(), latest + 1),
    draft: String(form.dataset.draft),
    action: form.action,
    fields: /** @type {Record<string, string>} */ ({ ...fields, content: text }),
    conversation: String(conversation),
    thread,
    parent: /\/(\d+)\/reply\/$/.exec(form.action)?.[1],
    tab,
  };
}

/** @param {Unsent} message */
export function store(message) {
  if (write(unsentKey(message.id), message)) inMemory.delete(message.id);
  else inMemory.set(message.id, message);
}

/** @param {Unsent} message */
export function discard({ id }) {
  remove(unsentKey(id));
  inMemory.delete(id);
  settled.postMessage(id);
}

/**
 * Sends all messages. A message that was refused (`why`) waits for the member.
 * @param {Shown} shown
 */
export function sendQueue(shown) {
  clearTimeout(timer);
  isNeeded = true;
  running ??= alone(() => run(shown)).finally(() => {
    running = null;
    if (isNeeded) sendQueue(shown);
  });
}

/** @param {() => Promise<void>} work */
const alone = async (work) => void (navigator.locks ? await navigator.locks.request(LOCK, work) : await work());

/** @param {Shown} shown */
async function run(shown) {
  isNeeded = false;
  for (;;) {
    const next = queued().find(({ why }) => !why);
    if (!next) return;
    shown.sending(next);
    let isSent = false;
    try {
      isSent = await tryTo(() => send(next, shown));
    } finally {
      hasFailed = !isSent; // Also after an error that is not of the connection.
      if (hasFailed) wait(shown);
    }
    if (hasFailed) return;
    delay = RETRY.least;
  }
}

/** @param {Shown} shown */
function wait(shown) {
  queued()
    .filter(({ why }) => !why)
    .forEach(shown.waiting);
  isNeeded = false;
  timer = setTimeout(sendQueue, delay, shown);
  delay = Math.min(delay * 2, RETRY.most);
}

/** @param {Unsent} message @param {Shown} shown */
async function send(message, shown) {
  if (hasFailed) await fetchState();
  const response = await sendWithToken(() => post(message));
  await checkSession(response);
  const { status, headers } = response;
  const address = headers.get("Location");
  if (address && headers.get("X-Accepted") === message.id) {
    discard(message);
    return shown.accepted(message, address);
  }
  const html = await response.text();
  checkContent(); // The form is there again when its member returns. Then the message is sent again.
  const isRefused = status >= 400 && status < 500 && status !== 429;
  if (!isRefused) throw new Error(`${status === 429 ? status : 503} for ${message.action}`);
  store({ ...message, why: headingOf(html) });
  shown.refused(message, status, html);
}

/** @param {Unsent} message */
function post({ action, fields }) {
  const body = String(new URLSearchParams({ csrfmiddlewaretoken: currentToken(), ...fields }));
  return fetch(action, {
    method: "POST",
    body,
    headers: { Prefer: "return=minimal", "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8" },
    keepalive: body.length < KEPT_ALIVE,
    signal: inTime(),
  });
}
