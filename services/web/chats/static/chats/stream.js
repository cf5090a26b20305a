// The event stream. It forwards events to all tabs of the browser. It runs in a tab or in a shared worker.

const tabs = new BroadcastChannel("bobbin");
const isOpen = () => source?.readyState === EventSource.OPEN;
let last = null; // The id of the last event.
let source = null;

export function listen(events) {
  const address = new URL(events);
  if (last) address.searchParams.set("last", last);
  source = new EventSource(address, { withCredentials: address.origin !== location.origin });
  source.onopen = () => tabs.postMessage({ kind: "open" });
  source.onmessage = ({ data, lastEventId }) => {
    last = lastEventId || last;
    tabs.postMessage(JSON.parse(data));
  };
  source.onerror = () => {
    tabs.postMessage({ kind: "closed" });
    if (source.readyState !== EventSource.CLOSED) return; // The browser reconnects by itself.
    source.close();
    setTimeout(listen, 3_000 + 3_000 * Math.random(), events);
  };
}

tabs.onmessage = ({ data }) => data.kind === "asking" && isOpen() && tabs.postMessage({ kind: "open" });
