// Tests of beside.js on the inbox, which has the rows itself: the place of the column is that of the other pages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

const row = (name) =>
  `<li data-counterpart="${name}" data-conversation="1"><a class="row" href="#"><span class="who">${name}</span></a></li>`;
openPage(`<main id="main"><div id="rows"><ul class="rows">${row("alice")}</ul></div></main>`, {
  url: "https://bobbin.test/chats/?before=1",
  state: "/state/",
});
const { sessionStorage } = window;
const PLACE = { member: "7", top: 300, pages: 2, isUnreadOnly: true };
sessionStorage.setItem("bobbin-column", JSON.stringify(PLACE));
const listeners = {};
globalThis.MutationObserver = class {
  observe() {}
};
Object.assign(globalThis, {
  sessionStorage,
  addEventListener: (kind, run) => (listeners[kind] = run),
  matchMedia: () => ({ matches: true, addEventListener() {} }),
});
await load("beside");
const list = document.querySelector("#rows");

test("unread conversations alone are shown if the last page showed them", () => {
  assert.equal(document.querySelector(".filter button:last-child").ariaPressed, "true");
  assert.equal(list.querySelector("li").hidden, true);
});

test("page of older conversations keeps the scroll position of the first page", () => {
  assert.equal(list.scrollTop, 0);
  list.scrollTop = 40;
  listeners.pagehide();
  assert.deepEqual(JSON.parse(sessionStorage.getItem("bobbin-column")), PLACE);
});
