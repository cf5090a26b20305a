// Makes a page for the modules of one test file. They read it when they are imported: import them afterwards.
import { once } from "node:events";
import { createServer } from "node:http";
import { Window } from "happy-dom";

const MODULES = "../../services/web/chats/static/chats/";
const NAMES = ["document", "location", "history", "localStorage", "DOMParser", "Event", "FormData"];
const ELEMENTS = ["", "Input", "TextArea", "Form", "Anchor", "Button"].map((name) => `HTML${name}Element`);

/** Sets the global objects of a browser with this page. `data` are the data attributes of the body. */
export function openPage(html = "", { url = "https://bobbin.test/chats/with/bob/", ...data } = {}) {
  const window = new Window({ url });
  for (const name of ["Element", ...NAMES, ...ELEMENTS]) globalThis[name] = window[name];
  const channel = class extends BroadcastChannel {
    constructor(name) {
      super(name);
      this.unref(); // Otherwise the test never ends.
    }
  };
  const observer = class {
    observe() {}
    unobserve() {}
  };
  Object.assign(globalThis, {
    window,
    innerHeight: 768,
    matchMedia: (query) => ({ matches: query === "(pointer: fine)" }),
    addEventListener() {},
    BroadcastChannel: channel,
    IntersectionObserver: observer,
  });
  document.documentElement.lang = "en";
  document.body.innerHTML = html;
  Object.assign(document.body.dataset, { member: "7", ...data });
  Object.defineProperty(globalThis, "navigator", {
    value: { onLine: true, languages: ["en-US"] },
    configurable: true,
    writable: true,
  });
}

/** Imports modules, such as `load("times")`, and returns what they export, as one object. */
export async function load(...names) {
  const modules = await Promise.all(names.map((name) => import(`${MODULES}${name}.js`)));
  return Object.assign({}, ...modules);
}

export const NO_RESPONSE = Symbol("no response");
let pending = 0;

function track(promise) {
  pending += 1;
  return promise.finally(() => (pending -= 1));
}

/** Waits until the modules have received and handled the responses to all their requests. */
export async function settle() {
  do await new Promise((done) => setImmediate(done));
  while (pending);
}

/**
 * Starts a web server for the modules and returns its URL. `answer(request)` returns a status (0: the connection is closed),
 * headers and a body: the HTML of a page of the member, or values for JSON. NO_RESPONSE keeps the connection open.
 */
export async function serve(answer) {
  const server = createServer((request, response) => {
    const answered = answer(request);
    if (answered === NO_RESPONSE) return;
    const { status = 200, headers, body = "" } = answered;
    if (!status) return request.socket.destroy();
    response.writeHead(status, { Connection: "close", ...headers });
    response.end(typeof body === "string" ? `<body data-member="7">${body}` : JSON.stringify({ member: 7, ...body }));
  });
  server.listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  const { fetch } = globalThis;
  globalThis.fetch = async (address, options) => {
    const response = await track(fetch(new URL(address, location.href), options));
    for (const read of ["json", "text"]) {
      const original = response[read].bind(response);
      response[read] = () => track(original());
    }
    return response;
  };
  return `http://127.0.0.1:${server.address().port}`;
}
