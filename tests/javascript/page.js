// Makes a page for the modules of one test file. They read it when they are imported: import them afterwards.
import { Window } from "happy-dom";

const MODULES = "../../services/web/chats/static/chats/";
const NAMES = ["document", "location", "localStorage", "DOMParser", "Event"];
const ELEMENTS = ["Element", "HTMLElement", "HTMLInputElement", "HTMLFormElement", "HTMLAnchorElement"];

/** Sets the global objects of a browser with this page. `data` are the data attributes of the body. */
export function openPage(html = "", { url = "https://bobbin.test/chats/with/bob/", ...data } = {}) {
  const window = new Window({ url });
  for (const name of [...NAMES, ...ELEMENTS]) globalThis[name] = window[name];
  Object.assign(globalThis, { window, addEventListener() {} });
  document.body.innerHTML = html;
  Object.assign(document.body.dataset, { member: "7", ...data });
}

/** Imports modules, such as `load("times")`, and returns what they export, as one object. */
export async function load(...names) {
  const modules = await Promise.all(names.map((name) => import(`${MODULES}${name}.js`)));
  return Object.assign({}, ...modules);
}
