// Live updates: one stream for all tabs of a browser, where tabs can agree; without it, asking now and then.

import { keepUnsent, openForms } from "./drafts.js";
import { catchUp, hear, look, tryTo } from "./notices.js";
import { eventsPort, random } from "./page.js";
import { listen } from "./stream.js";

const SLOW = 60_000; // In any case; what is told can be lost on its way.
const FAST = [8_000, 12_000]; // While nobody tells.
export const tabs = new BroadcastChannel("bobbin");
let told = false; // By a stream, of this tab or of another.

function receive(notice) {
  if (notice.kind === "asking") return; // For the one who has the stream.
  if (notice.kind === "open") {
    told = true;
    tryTo(look); // What changed between the making of the page and now.
  } else if (notice.kind === "closed") told = false;
  else if (notice.kind === "sent") keepUnsent(notice);
  else if (notice.kind === "logged out") openForms().length ? tryTo(look) : location.reload();
  else hear(notice);
  document.documentElement.dataset.live = told ? "yes" : "no";
}

// A browser opens six connections to a host: one stream for all tabs, or none.
function openStream() {
  const address = new URL("/events/", location.href);
  if (eventsPort) address.port = eventsPort;
  // Kept until this tab is closed; then the next one listens.
  if (navigator.locks) navigator.locks.request("bobbin-events", () => new Promise(() => listen(address.href)));
  // Over plain HTTP browsers have no locks.
  else if (window.SharedWorker) new SharedWorker(document.body.dataset.worker, { type: "module", name: address.href });
}

async function poll() {
  for (;;) {
    await new Promise((done) => setTimeout(done, told ? SLOW : random(...FAST)));
    // One fault must not end the asking.
    if (!document.hidden) await tryTo(look).catch(reportError);
  }
}

export function beginLive() {
  tabs.onmessage = ({ data }) => receive(data);
  tabs.postMessage({ kind: "asking" });
  openStream();
  poll();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) tryTo(catchUp);
  });
  addEventListener("online", () => tryTo(look));
}
