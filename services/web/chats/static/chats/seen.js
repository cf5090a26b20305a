// @ts-check
// Reports the new messages that were visible, to mark them as read. Without JavaScript, the server marks
// all messages that it renders. Shows the states of own messages.

import { showBadges } from "./badges.js";
import { AwayError } from "./away.js";
import { discard, inTime, isLogin, isUnanswered, sendWithToken } from "./fetching.js";
import { $, $$, isCovered, make, messages, required } from "./page.js";
import { byId, idOf, viewEnd } from "./rows.js";
import { gettext } from "./texts.js";
import { showTimes } from "./times.js";

const MOMENT = 500; // Milliseconds that a row must be visible.
const TOGETHER = 200;
const LATER = 10_000;
const MOST = 100; // As in chats/views/seen.py.
const EDGE = "-64px 0px"; // 16 px of a row must be visible below the header, which is 48 px high.
const LEAST = 40; // For a row at the composer, which is at least 64 px high: the author and one line.

/** @type {Map<HTMLElement, number | undefined>} */
const inSight = new Map(); // Visible rows, with their timers.
/** @type {Set<number>} */
const seen = new Set(); // Ids that have not been reported yet.
/** @type {number | undefined} */
let report;

// The server sees from this cookie that a script reports the seen messages.
const secure = location.protocol === "https:" ? "; secure" : "";
document.cookie = `script=yes; path=/; max-age=31536000; samesite=lax${secure}`;

const isObserved = () => !document.hidden && !document.prerendering;

/** @param {HTMLElement} row */
function wait(row) {
  clearTimeout(inSight.get(row));
  inSight.set(row, isObserved() ? setTimeout(see, MOMENT, row) : undefined);
}

// The observer does not know how high the composer is.
/** @param {HTMLElement} row */
function isBehind(row) {
  const { top, height } = row.getBoundingClientRect();
  return top + Math.min(height, LEAST) > viewEnd();
}

/** @param {HTMLElement} row */
function see(row) {
  inSight.delete(row);
  // Until the server confirms which member is logged in, or until the member scrolls.
  if (isCovered() || isBehind(row)) return wait(row);
  sight.unobserve(row);
  seen.add(idOf(row));
  report ??= setTimeout(send, TOGETHER);
}

const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const row = /** @type {HTMLElement} */ (target);
      if (isIntersecting) wait(row);
      else {
        clearTimeout(inSight.get(row));
        inSight.delete(row);
      }
    }
  },
  { rootMargin: EDGE },
);

/** @param {string} address @param {number[]} ids */
const post = (address, ids) =>
  sendWithToken(() => {
    const token = $('#mark-unread input[name="csrfmiddlewaretoken"]')?.value;
    if (!token) throw new AwayError("another member"); // away.js has removed the content of the page.
    const body = new URLSearchParams({ csrfmiddlewaretoken: token, ids: ids.join(",") });
    return fetch(address, { method: "POST", body, keepalive: true, signal: inTime() });
  });

// A server error, 429 and the log-in page are tried again. Any other error would occur again.
/** @param {Response} response */
const isDone = (response) => response.status < 500 && response.status !== 429 && !isLogin(response);

/**
 * Reports a row no longer, because the member marks it as unread. A later report would mark it as read again.
 * @param {HTMLElement | null} row
 */
export function leaveUnread(row) {
  if (!row) return;
  sight.unobserve(row);
  clearTimeout(inSight.get(row));
  inSight.delete(row);
  seen.delete(idOf(row));
}

async function send() {
  report = undefined;
  const address = messages?.dataset.seen;
  if (!address || !seen.size) return;
  const ids = [...seen].slice(0, MOST);
  try {
    const response = await post(address, ids);
    if (isDone(response)) for (const id of ids) seen.delete(id);
    if (response.ok && !isLogin(response)) showBadges(await response.json());
    else await discard(response);
  } catch (error) {
    if (!(isUnanswered(error) || error instanceof AwayError)) throw error;
  }
  if (seen.size) report ??= setTimeout(send, LATER);
}

export function watchSight() {
  if (!messages) return;
  /** @param {Node} row */
  const observe = (row) => row instanceof Element && row.matches("li.is-new") && sight.observe(row);
  const observeAll = () => $$("li.is-new", messages ?? undefined).forEach(observe);
  observeAll();
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) addedNodes.forEach(observe);
  }).observe(messages, { childList: true });
  const again = () => [...inSight.keys()].forEach(wait);
  document.addEventListener("visibilitychange", again);
  document.addEventListener("prerenderingchange", again);
  addEventListener("pageshow", ({ persisted }) => persisted && observeAll()); // Also a row that was left unread.
  addEventListener("pagehide", () => seen.size && send());
}

/**
 * Shows the last sent message as sent.
 * @param {HTMLElement} row
 */
export function showSent(row) {
  $$("span.sent").forEach((old) => old.remove());
  append(row, "sent", gettext("sent"));
}

/** @param {HTMLElement} row @param {string} className @param {string} textContent */
const append = (row, className, textContent) =>
  required(".meta", row).append(" ", make("span", { className, textContent }));

/**
 * Shows own messages as read. Only the newest one has the time.
 * @param {LiveEvent} event
 */
export function markSeen({ ids = [], at }) {
  for (const row of ids.map(byId)) {
    if (!row?.matches(".is-mine") || $(".seen", row)) continue;
    $(".sent", row)?.remove();
    append(row, "seen", gettext("read"));
  }
  const newest = byId(Math.max(...ids));
  const seen = newest?.matches(".is-mine") && $(".seen", newest);
  if (!at || !seen) return;
  $("time", seen)?.remove();
  seen.append(" ", make("time", { dateTime: at }));
  showTimes(seen);
  keepNewestTime();
}

// Each page that is loaded has the time at its newest message that was read.
export function keepNewestTime() {
  const timed = $$("li.is-mine:has(.seen time)", messages ?? undefined);
  const newest = Math.max(...timed.map(idOf));
  for (const row of timed) if (idOf(row) !== newest) $(".seen time", row)?.remove();
}
