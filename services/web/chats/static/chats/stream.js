// @ts-check
// The event stream. It forwards events to all tabs of the browser. It runs in a tab or in a shared worker.

const tabs = new BroadcastChannel("bobbin");
/** @type {string | null} */
let last = null; // The id of the last event.
/** @type {EventSource | null} */
let source = null;
const isOpen = () => source?.readyState === EventSource.OPEN;

/** @param {string} events */
export function listen(events) {
  const address = new URL(events);
  if (last) address.searchParams.set("last", last);
  const stream = new EventSource(address, { withCredentials: address.origin !== location.origin });
  source = stream;
  stream.onopen = () => tabs.postMessage({ kind: "open" });
  stream.onmessage = ({ data, lastEventId }) => {
    last = lastEventId || last;
    tabs.postMessage(JSON.parse(data));
  };
  stream.onerror = () => {
    tabs.postMessage({ kind: "closed" });
    if (stream.readyState !== EventSource.CLOSED) return; // The browser reconnects by itself.
    stream.close();
    setTimeout(listen, 3_000 + 3_000 * Math.random(), events);
  };
}

/** @param {MessageEvent<TabEvent>} event */
tabs.onmessage = ({ data }) => data.kind === "asking" && isOpen() && tabs.postMessage({ kind: "open" });
