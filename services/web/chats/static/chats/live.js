// Live updates: one stream for all tabs of a browser, where tabs can agree; without it, asking now and then.

import { catchUp, hear, look, tryTo } from "./notices.js";
import { eventsPort, random } from "./page.js";

const SLOW = 60_000; // In any case; what is told can be lost on its way.
const FAST = [8_000, 12_000]; // While nobody tells.
const tabs = new BroadcastChannel("bobbin");
let told = false; // By a stream, of this tab or of another.
let last = null; // The message that was told of last.
let source = null;

function listen() {
  const address = new URL("/events/", location.href);
  if (eventsPort) address.port = eventsPort;
  if (last) address.searchParams.set("last", last);
  source = new EventSource(address, { withCredentials: Boolean(eventsPort) });
  source.onopen = () => pass({ kind: "open" });
  source.onmessage = ({ data, lastEventId }) => {
    last = lastEventId || last;
    pass(JSON.parse(data));
  };
  source.onerror = () => {
    pass({ kind: "closed" });
    if (source.readyState !== EventSource.CLOSED) return; // The browser tries again by itself.
    source.close();
    setTimeout(listen, random(3_000, 6_000));
  };
}

function pass(notice) {
  tabs.postMessage(notice);
  receive(notice);
}

function receive(notice) {
  if (notice.kind === "open") {
    told = true;
    tryTo(look); // What changed between the making of the page and now.
  } else if (notice.kind === "closed") told = false;
  else if (notice.kind === "asking") source?.readyState === EventSource.OPEN && tabs.postMessage({ kind: "open" });
  else hear(notice);
  document.documentElement.dataset.live = told ? "yes" : "no";
}

async function poll() {
  for (;;) {
    await new Promise((done) => setTimeout(done, told ? SLOW : random(...FAST)));
    if (!document.hidden) await tryTo(look);
  }
}

export function beginLive() {
  tabs.onmessage = ({ data }) => receive(data);
  tabs.postMessage({ kind: "asking" });
  // Kept until this tab is closed; then the next one listens.
  if (navigator.locks) navigator.locks.request("bobbin-events", () => new Promise(listen));
  else listen();
  poll();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) tryTo(catchUp);
  });
  addEventListener("online", () => tryTo(look));
}
