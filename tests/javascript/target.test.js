// Tests of target.js: an address with "#m" shows its message, or opens the page that contains it.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

const PAGE = "https://bobbin.test/chats/with/bob/";
openPage(`<p id="connection"></p><form class="compose"><textarea></textarea></form>
  <ol class="messages" data-conversation="3"></ol>`);
let requests, opened, scrolled, answer;
const row = (id, depth = 0) => `<li class="message" id="m${id}" data-depth="${depth}">
  <p class="meta"><a class="quiet" href="/chats/message/${id}/">now</a></p><div class="content"></div><p class="actions"></p></li>`;
globalThis.fetch = async (address, options) => {
  requests.push(`${options.method} ${options.redirect} ${address}`);
  if (!answer) throw new TypeError("Failed to fetch");
  return { type: answer };
};
HTMLElement.prototype.scrollIntoView = function () {
  scrolled.push(this.id);
};
window.location.replace = (address) => opened.push(address.replace("https://bobbin.test", ""));
const { findTarget, focusTarget, fold, isTarget, showTarget } = await load("target", "folding");
const list = document.querySelector("ol");
const area = document.querySelector("textarea");
const said = () => document.querySelector("#connection").textContent;

/** Goes to an address, calls `show`, and waits for its request. */
async function go(show, address) {
  history.replaceState(null, "", address);
  show();
  await new Promise((done) => setImmediate(done));
}

beforeEach(() => {
  [requests, opened, scrolled, answer, area.value] = [[], [], [], "opaqueredirect", ""];
  list.innerHTML = row(1) + [2, 3, 4, 5, 6, 7, 8].map((id) => row(id, id)).join("") + row(9);
  fold();
});

test("message of the address is scrolled to, also if it is folded", async () => {
  assert.equal(document.querySelector("#m7").hidden, true);
  await go(showTarget, `${PAGE}#m7`);
  assert.deepEqual([scrolled, document.querySelector("#m7").hidden, requests], [["m7"], false, []]);
  assert.equal(document.activeElement.id, "m7");
});

test("message of the address has the focus, and after Back only if it is in view", async () => {
  globalThis.innerHeight = 100;
  const target = document.querySelector("#m1");
  await go(() => focusTarget(true), `${PAGE}#m1`); // In happy-dom, everything is at the top.
  assert.equal(document.activeElement, document.body);
  target.getBoundingClientRect = () => ({ top: 50, bottom: 150 });
  focusTarget(true);
  assert.equal(document.activeElement, target);
  target.blur();
  target.getBoundingClientRect = () => ({ top: 500, bottom: 600 });
  focusTarget(true);
  assert.equal(document.activeElement, document.body);
  focusTarget(false);
  assert.deepEqual([document.activeElement, target.tabIndex], [target, -1]);
});

test("new message, at which a conversation opens, has no focus", async () => {
  list.innerHTML = row(1).replace('class="message"', 'class="message is-new"') + row(2);
  await go(() => focusTarget(false), `${PAGE}#m1`);
  assert.equal(document.activeElement, document.body);
});

test("newest message has the focus only if a later page has another one", async () => {
  await go(() => focusTarget(false), `${PAGE}#m9`);
  assert.equal(document.activeElement, document.body);
  list.insertAdjacentHTML("afterend", '<nav class="pages"><a rel="next" href="?from=10"></a></nav>');
  focusTarget(false);
  document.querySelector("nav").remove();
  assert.equal(document.activeElement.id, "m9");
});

test("message at which a conversation opens is marked until a link leads to it", async () => {
  const [opening, named] = ["#m9", "#m7"].map((id) => list.querySelector(id).classList);
  await go(findTarget, `${PAGE}#m9`);
  await go(findTarget, `${PAGE}#m7`);
  assert.deepEqual([opening.contains("is-opening"), named.contains("is-opening")], [true, false]);
  await go(showTarget, `${PAGE}#m9`);
  assert.equal(opening.contains("is-opening"), false);
});

test("message on the page is not looked up when the page opens", async () => {
  await go(findTarget, `${PAGE}#m7`);
  assert.deepEqual([scrolled, requests], [[], []]);
});

for (const address of [PAGE, `${PAGE}#m0`, `${PAGE}#main`])
  test(`address without a message asks for nothing: ${address}`, async () => {
    await go(findTarget, address);
    await go(showTarget, address);
    assert.deepEqual([scrolled, requests], [[], []]);
  });

test("message of another page is looked up, and its page is opened", async () => {
  await go(findTarget, `${PAGE}#m99`);
  await go(showTarget, `${PAGE}#m99`);
  assert.equal(requests[0], "HEAD manual https://bobbin.test/chats/message/99/");
  assert.deepEqual(opened, Array(2).fill("/chats/with/bob/?at=99#m99"));
});

test("message that its own page does not show is not looked up again", async () => {
  await go(findTarget, `${PAGE}?at=99#m99`);
  assert.deepEqual([requests, opened], [[], []]);
  await go(findTarget, `${PAGE}?from=99#m99`);
  assert.deepEqual(opened, ["/chats/with/bob/?at=99#m99"]);
});

for (const missing of ["basic", null])
  test(`message that is missing or cannot be looked up opens no page: ${missing}`, async () => {
    answer = missing;
    await go(findTarget, `${PAGE}#m99`);
    assert.deepEqual([requests.length, opened], [1, []]);
  });

test("page with an open form stays and says why", async () => {
  area.value = "half a text";
  await go(showTarget, `${PAGE}#m99`);
  assert.deepEqual(opened, []);
  assert.match(said(), /^That message is on another page\. This one has an open form/);
});

test("page without messages asks for nothing", async () => {
  list.replaceChildren();
  await go(findTarget, `${PAGE}#m99`);
  assert.deepEqual([requests, opened], [[], []]);
});

test("link to the message of the present address is recognised", async () => {
  await go(showTarget, `${PAGE}#m7`);
  const link = (href) => Object.assign(document.createElement("a"), { href });
  assert.ok(isTarget(link("#m7")));
  for (const href of ["#m8", "/chats/with/eva/#m7", "/chats/"]) assert.ok(!isTarget(link(href)), href);
  await go(() => {}, PAGE);
  assert.ok(!isTarget(link(PAGE)));
});
