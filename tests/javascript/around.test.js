// Tests of around.js and refreshing.js: the conversation beside an open thread.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve, settle } from "./page.js";

process.env.TZ = "Europe/Berlin";
let rows, requested;
let failure; // The answer to requests for the conversation, if it is set.
let version = 0;
const rowOf = ([id, text, { time = "05T09:00", parent, className = "" } = {}]) =>
  `<li id="m${id}" class="message ${className}" aria-label="bob: ‘${text}’"><p class="meta" data-i="B">
  <bdi class="who">bob</bdi> <a href="/chats/message/${id}/"><time datetime="2026-10-${time}:00Z"></time></a></p>
  ${parent ? `<p class="answers">In reply to: <a href="${parent}">quote</a></p>` : ""}
  <div class="content">${text}</div></li>`;
const url = await serve((request) => {
  requested.push([request.url, request.headers["if-none-match"]]);
  if (request.url.startsWith("/chats/counterpart/"))
    return { body: { conversation: 2, name: "bob", is_active: true, address: "/chats/with/bob/" } };
  if (failure) return failure;
  if (request.headers["if-none-match"] === `"${version}"`) return { status: 304 };
  const links = '<nav class="pages"><a rel="prev" href="?to=9">Show earlier messages</a></nav>';
  const list = `<ol class="messages" data-conversation="2" data-with="bob" data-active data-version="${version}">`;
  return { body: `${links}${list}${rows.map(rowOf).join("")}</ol>` };
});
const BAR = `<header class="top"><a class="back crumbs" aria-label="Conversation with bob"
  href="/chats/with/bob/?at=11#m11"><bdi>bob</bdi></a><h1>First words</h1></header>`;
const THREAD = `<ol class="messages" data-conversation="2" data-with="bob" data-active data-thread="11">
  <li class="message" id="m11" data-depth="0"><p class="meta"></p></li></ol>`;
openPage(
  `${BAR}<main id="main"><div role="log">${THREAD}</div></main><dialog id="logged-out" class="cover"></dialog>`,
  {
    url: `${url}/chats/thread/11/?at=11`,
    state: "/state/",
  },
);
let changeHeading;
globalThis.MutationObserver = class {
  constructor(work) {
    changeHeading = work;
  }

  observe() {}
};
globalThis.matchMedia = () => ({ matches: true, addEventListener() {} });
let reported;
globalThis.reportError = (error) => reported.push(error.message);
const later = []; // The timers that repeat a failed request.
const { setTimeout } = globalThis;
globalThis.setTimeout = (run, delay) => (delay === 10_000 ? later.push(run) : setTimeout(run, delay));
let now = 0;
performance.now = () => (now += 1_000); // No request waits.
requested = [];
rows = [];
const { begin, press, sessionLost } = await load("around", "away", "keys");

const ROOT = [11, "first words"];
const column = () => document.querySelector("#around");
const list = () => column().querySelector("ol");
const copies = () => [...list().querySelectorAll(":scope > .message")];
const texts = () => copies().map((row) => row.querySelector(".content").textContent);
const problem = () => column().querySelector(".quiet");

async function pass() {
  await new Promise((done) => setTimeout(done, 5));
  await settle();
}

const dispatch = (name) => document.dispatchEvent(new Event(name));

async function change(...shown) {
  [rows, version] = [shown, version + 1];
  dispatch("conversation");
  await pass();
}

beforeEach(async () => {
  [failure, reported] = [undefined, []];
  begin();
  await change([10, "before"], ROOT, [12, "after"]);
  requested = [];
});

test("column is a landmark after main, with a link to the conversation", () => {
  assert.equal(document.querySelector("main").nextElementSibling, column());
  assert.equal(column().getAttribute("aria-label"), "Conversation with bob");
  const link = column().querySelector("h2 > a");
  assert.deepEqual([link.textContent, link.getAttribute("href")], ["bob", `${url}/chats/with/bob/?at=11#m11`]);
});

test("rows have no ids, and their names are those of their links", () => {
  assert.deepEqual(texts(), ["before", "first words", "after"]);
  assert.equal(list().querySelector("[id], li[aria-label]"), null);
  assert.match(copies()[0].querySelector(".meta > a").getAttribute("aria-label"), /11:00.* bob: ‘before’$/s);
});

test("first message of the thread is marked", () => {
  const marked = [...list().querySelectorAll("[aria-current]")];
  assert.deepEqual(marked, [copies()[1]]);
});

test("days are those of the browser", async () => {
  await change([10, "late", { time: "05T21:59" }], [11, "early", { time: "05T22:01" }]);
  assert.equal(list().querySelectorAll(".separator").length, 2);
  assert.equal(copies()[1].previousElementSibling.className, "separator");
});

test("quotes lead to their messages in the conversation", async () => {
  await change([12, "one", { parent: "#m10" }], [13, "two", { parent: "?at=5#m5" }]);
  const hrefs = [...list().querySelectorAll(".answers a")].map((link) => link.getAttribute("href"));
  assert.deepEqual(hrefs, [`${url}/chats/with/bob/?at=11#m10`, `${url}/chats/with/bob/?at=5#m5`]);
  const earlier = column().querySelector("a.older");
  assert.equal(earlier.getAttribute("href"), `${url}/chats/with/bob/?to=9`);
});

test("long text is folded without a button", async () => {
  await change([12, "x".repeat(2_000)]);
  assert.ok(list().querySelector(".content").matches(".is-folded"));
  assert.equal(list().querySelector("button"), null);
});

test("rows that did not change stay the same elements, and a changed one keeps the focus", async () => {
  const [before, root] = copies();
  root.querySelector("a").focus();
  await change([10, "before"], [11, "other words"], [12, "after"], [13, "new"]);
  assert.deepEqual(texts(), ["before", "other words", "after", "new"]);
  assert.ok(copies()[0] === before); // `assert.equal` would print the whole page.
  assert.ok(document.activeElement === copies()[1].querySelector("a"));
});

test("events in quick succession make one request, with the version of the rows", async () => {
  const [row] = copies();
  for (let count = 0; count < 5; count += 1) dispatch("conversation");
  await pass();
  assert.deepEqual(requested, [["/chats/with/bob/?at=11&part=rows", `"${version}"`]]);
  assert.equal(copies()[0], row);
});

test("column without rows says that they could not be loaded, and the next event loads them", async () => {
  failure = { status: 500 };
  dispatch("away");
  begin();
  await pass();
  assert.equal(problem().hidden, false);
  assert.equal(problem().querySelector("a").getAttribute("href"), `${url}/chats/with/bob/?at=11#m11`);
  assert.deepEqual(reported, ["500 for " + url + "/chats/with/bob/?at=11&part=rows#m11"]);
  failure = undefined;
  await change(ROOT);
  assert.deepEqual([texts(), problem().hidden], [["first words"], true]);
});

test("rows stay after a failed request", async () => {
  failure = { status: 500 };
  await change(ROOT);
  assert.deepEqual([texts().length, problem().hidden], [3, true]);
});

test("rows of a conversation that is gone are removed", async () => {
  failure = { status: 404 };
  await change(ROOT);
  assert.deepEqual([copies().length, problem().hidden], [0, false]);
});

test("log-out removes the column, also for a response that comes later, until the member returns", async () => {
  [rows, version] = [[[11, "late"]], version + 1];
  dispatch("conversation");
  await new Promise((done) => setTimeout(done, 1)); // The request has begun.
  assert.throws(sessionLost);
  await settle();
  assert.ok(!column());
  requested = [];
  await change([11, "later"]);
  assert.deepEqual([column(), requested], [null, []]);
  document.querySelector("dialog").close();
  dispatch("here");
  assert.deepEqual(texts(), []);
  await pass();
  assert.deepEqual(texts(), ["later"]);
});

test("new name of the counterpart and its address are shown", async () => {
  const link = document.querySelector(".top .crumbs");
  const before = link.outerHTML;
  link.href = "/chats/with/robert/?at=11#m11";
  link.firstChild.textContent = "robert";
  changeHeading();
  await pass();
  assert.deepEqual(requested.at(-1)[0], "/chats/with/robert/?at=11&part=rows");
  assert.equal(column().querySelector("h2").textContent, "robert");
  link.outerHTML = before;
  changeHeading();
});

test("Escape closes the thread, except in a field, while a dialog or the menu is open or of an input method", () => {
  const clicked = [];
  document.querySelector(".top .crumbs").onclick = ({ currentTarget }) => !clicked.push(currentTarget.pathname);
  const [area, dialog, menu] = ["textarea", "dialog", "details"].map((name) => document.createElement(name));
  menu.className = "menu";
  column().append(area, dialog, menu);
  const escape = (target = document.body, options = {}) => press({ key: "Escape", target, ...options });
  escape(area);
  for (const open of [dialog, menu]) {
    open.setAttribute("open", "");
    escape();
    open.removeAttribute("open");
  }
  escape(document.body, { isComposing: true });
  assert.deepEqual(clicked, []);
  escape();
  assert.deepEqual(clicked, ["/chats/with/bob/"]);
  for (const one of [area, dialog, menu]) one.remove();
});
