// @ts-check
// Live updates: the tabs of a browser share one event stream if possible. Without a stream, pages poll.

import { isAway } from "./away.js";
import { keepUnsent, openForms } from "./drafts.js";
import { checkState, hasFailed, onEvent, tryTo } from "./events.js";
import { eventsPort, random } from "./page.js";
import { byId } from "./rows.js";
import { leaveUnread } from "./seen.js";
import { listen } from "./stream.js";

const SLOW = 60_000; // Milliseconds between polls with an open stream, because an event can be lost.
const FAST = { least: 8_000, most: 12_000 }; // Milliseconds between polls without a stream.
export const tabs = new BroadcastChannel("bobbin");
let isOpen = false; // Whether this tab or another one has an open stream.

/** @param {TabEvent} event */
function receive(event) {
  if (event.kind === "asking") return; // The holder of the stream answers it (stream.js).
  if (event.kind === "open") {
    isOpen = true;
    tryTo(checkState); // Fetch the changes since the page was made.
  } else if (event.kind === "closed") {
    isOpen = false;
    pollSooner();
  } else if (event.kind === "sent") keepUnsent(event);
  else if (event.kind === "left unread") leaveUnread(byId(event.message));
  else if (event.kind === "logged out") openForms().length || isAway() ? tryTo(checkState) : location.reload();
  else onEvent(event);
  document.documentElement.dataset.live = isOpen ? "yes" : "no";
}

// A browser opens at most six connections to a host, so its tabs share one stream or have none.
function openStream() {
  const address = new URL("/events/", location.href);
  if (eventsPort) address.port = eventsPort;
  // This tab holds the lock until it is closed. Then another tab opens the stream.
  if (navigator.locks) navigator.locks.request("bobbin-events", () => new Promise(() => listen(address.href)));
  // Over plain HTTP, browsers have no Web Locks.
  else if (window.SharedWorker)
    new SharedWorker(String(document.body.dataset.worker), { type: "module", name: address.href });
}

/** @type {number | undefined} */
let timer;
let isSlow = false; // Whether the next poll is far away.

function pollLater() {
  clearTimeout(timer);
  isSlow = isOpen && !hasFailed();
  timer = setTimeout(poll, isSlow ? SLOW : random(FAST.least, FAST.most));
}

async function poll() {
  isSlow = false;
  if (!document.hidden) await tryTo(checkState).catch(reportError); // An error must not end the polls.
  pollLater();
}

// The stream is closed, or a request has failed: the stream does not bring the same event again.
const pollSooner = () => isSlow && pollLater();

export function beginLive() {
  tabs.onmessage = ({ data }) => receive(data);
  tabs.postMessage({ kind: "asking" });
  openStream();
  pollLater();
  document.addEventListener("failed", pollSooner);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) tryTo(checkState);
  });
  addEventListener("online", () => tryTo(checkState));
}
