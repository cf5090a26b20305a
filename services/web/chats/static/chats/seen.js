// Read is what was seen: says which new messages were in sight for a moment. Without it, a page marks all that it shows.

import { showBadges } from "./badges.js";
import { AwayError } from "./away.js";
import { isLogin, renewTokens } from "./fetching.js";
import { $, $$, isCovered, messages } from "./page.js";
import { idOf } from "./rows.js";

const MOMENT = 500; // Milliseconds in sight.
const TOGETHER = 200;
const LATER = 10_000;
const MOST = 100; // As in chats/views/seen.py.
const EDGE = "-64px 0px"; // Of a row, this much has to be in sight: who wrote it, and a line.

const inSight = new Map(); // Rows, and what waits for their moment to be over.
const seen = new Set(); // Ids that the server does not know of yet.
let report = null;

// This browser says by itself what was seen.
const secure = location.protocol === "https:" ? "; secure" : "";
document.cookie = `script=yes; path=/; max-age=31536000; samesite=lax${secure}`;

const isWatched = () => !document.hidden && !document.prerendering;

function wait(row) {
  clearTimeout(inSight.get(row));
  inSight.set(row, isWatched() ? setTimeout(see, MOMENT, row) : null);
}

function see(row) {
  inSight.delete(row);
  if (!isWatched()) return inSight.set(row, null);
  if (isCovered()) return wait(row); // Until it is known who is there.
  sight.unobserve(row);
  seen.add(idOf(row));
  report ??= setTimeout(send, TOGETHER);
}

const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) wait(target);
      else {
        clearTimeout(inSight.get(target));
        inSight.delete(target);
      }
    }
  },
  { rootMargin: EDGE },
);

async function post(ids) {
  const ask = () => {
    const token = $("#mark-unread input[name=csrfmiddlewaretoken]").value;
    const body = new URLSearchParams({ csrfmiddlewaretoken: token, ids: ids.join(",") });
    return fetch(messages.dataset.seen, { method: "POST", body, keepalive: true });
  };
  const response = await ask();
  if (response.status !== 403) return response;
  await renewTokens(); // The page is older than the log-in.
  return ask();
}

// What failed, and what came too often or without a log-in, is tried again. What is refused will be refused again.
const isDone = (response) => response.status < 500 && response.status !== 429 && !isLogin(response);

async function send() {
  report = null;
  const ids = [...seen].slice(0, MOST);
  try {
    const response = await post(ids);
    if (isDone(response)) for (const id of ids) seen.delete(id);
    if (response.ok && !isLogin(response)) showBadges(await response.json());
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof AwayError)) throw error;
  }
  if (seen.size) report ??= setTimeout(send, LATER);
}

export function watchSight() {
  if (!messages) return;
  const observe = (row) => row.matches?.("li.is-new") && sight.observe(row);
  $$("li.is-new", messages).forEach(observe);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) addedNodes.forEach(observe);
  }).observe(messages, { childList: true });
  const again = () => [...inSight.keys()].forEach(wait);
  document.addEventListener("visibilitychange", again);
  document.addEventListener("prerenderingchange", again);
  addEventListener("pagehide", () => seen.size && send());
}
