// Tests of beside.js, pagination.js and filtering.js: the list of conversations beside the open page.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve, settle } from "./page.js";

let pages, requested;
let failure; // The answer to all requests, if it is set.
const rowOf = ([id, name, text, isUnread, time]) =>
  `<li data-counterpart="${name}" data-conversation="${id}"${isUnread ? ' class="is-unread"' : ""}>` +
  `<a class="row" href="/chats/with/${name}/"><span class="who">${name}</span><span>${text}</span>` +
  `${time ? `<time datetime="${time}"></time>` : ""}</a></li>`;
const url = await serve((request) => {
  requested.push(request.url);
  if (failure && !request.url.startsWith("/accounts/")) return failure;
  const at = Number(new URL(request.url, "http://any").searchParams.get("before") ?? 0);
  const next = at + 1 < pages.length ? `<nav class="pages"><a rel="next" href="?before=${at + 1}">Older</a></nav>` : "";
  return { body: `<div id="rows"><ul class="rows">${pages[at].map(rowOf).join("")}</ul>${next}</div>` };
});
requested = [];
pages = [[]];
const HTML = '<main id="main"><div role="log"><ol class="messages" data-conversation="2"></ol></div></main>';
openPage(HTML, { url: `${url}/chats/with/bob/`, state: "/state/" });
globalThis.MutationObserver = class {
  observe() {}
};
globalThis.matchMedia = () => ({ matches: true, addEventListener() {} });
let reported;
globalThis.reportError = (error) => reported.push(error.message);
const LATER = 10_000;
const later = []; // The functions of the timers that repeat a failed request.
const { setTimeout, clearTimeout } = globalThis;
globalThis.setTimeout = (run, delay) => (delay === LATER ? later.push(run) && run : setTimeout(run, delay));
globalThis.clearTimeout = (timer) =>
  later.includes(timer) ? later.splice(later.indexOf(timer), 1) : clearTimeout(timer);
let now = 0;
performance.now = () => (now += 1_000); // No request waits.
const { begin } = await load("beside");

const ALICE = [1, "álice", "one"];
const BOB = [2, "bob", "two"];
const CHARLIE = [3, "charlie", "three", true];
const DORA = [4, "dora", "four"];
const EVE = [5, "eve", "five"];
const rows = () => [...document.querySelectorAll("#beside li")];
const names = () => rows().map((row) => row.dataset.counterpart);
const shown = () =>
  rows()
    .filter((row) => !row.hidden)
    .map((row) => row.dataset.counterpart);
const older = () => document.querySelector("#beside .older");

async function pass() {
  await new Promise((done) => setTimeout(done, 5));
  await settle();
}

async function show(...lists) {
  pages = lists;
  begin();
  await pass();
}

async function showOlder() {
  older().dispatchEvent(new window.MouseEvent("click", { bubbles: true, cancelable: true }));
  await settle();
}

async function change() {
  document.dispatchEvent(new Event("changes"));
  await pass();
}

beforeEach(async () => {
  [failure, reported] = [undefined, []];
  await show([ALICE, BOB, CHARLIE]);
  requested = [];
});

test("list is a landmark after main, and the open conversation is marked", () => {
  assert.equal(document.querySelector("main").nextElementSibling.id, "beside");
  const current = [...document.querySelectorAll("#beside [aria-current=page]")];
  assert.deepEqual(
    current.map((link) => link.textContent),
    ["bobtwo"],
  );
});

test("row that changed is replaced, and the others stay the same elements in the new order", async () => {
  const [alice, bob] = rows();
  await show([[3, "charlie", "new", true], ALICE, BOB]);
  assert.deepEqual(names(), ["charlie", "álice", "bob"]);
  assert.deepEqual(rows().slice(1), [alice, bob]);
  assert.equal(rows()[0].textContent, "charlienew");
});

test("changed row keeps the focus", async () => {
  rows()[2].querySelector("a").focus();
  await show([[3, "charlie", "new", true], ALICE, BOB]);
  assert.equal(document.activeElement.textContent, "charlienew");
});

test("events in quick succession make one request", async () => {
  for (let count = 0; count < 5; count += 1) document.dispatchEvent(new Event("changes"));
  await pass();
  assert.deepEqual(requested, ["/chats/?part=rows"]);
});

test("older page is appended, and a conversation on both pages appears once", async () => {
  await show([ALICE, BOB], [BOB, CHARLIE]);
  assert.deepEqual(names(), ["álice", "bob"]);
  await showOlder();
  assert.deepEqual(names(), ["álice", "bob", "charlie"]);
  assert.equal(older().hidden, true);
  assert.equal(document.activeElement.textContent, "charliethree");
});

test("change after older rows requests the first page only, and keeps the rows that did not move there", async () => {
  await show([ALICE, BOB], [CHARLIE, DORA], [EVE]);
  await showOlder();
  assert.deepEqual(requested.slice(-1), ["/chats/?before=1&part=rows"]);
  [requested, pages[0]] = [[], [DORA, ALICE]];
  await change();
  assert.deepEqual(requested, ["/chats/?part=rows"]);
  assert.deepEqual(names(), ["dora", "álice", "bob", "charlie"]);
  assert.equal(older().getAttribute("href"), "/chats/?before=2");
});

test("all pages are requested again if the last row of the first page has moved there", async () => {
  await show([ALICE, BOB], [CHARLIE, DORA]);
  await showOlder();
  await show([EVE, [3, "charlie", "new", true, "2026-02-02"]], [ALICE, BOB]);
  assert.deepEqual(names(), ["eve", "charlie", "álice", "bob"]);
});

test("all pages are requested again while the open conversation on a later page is unread", async () => {
  const unread = [2, "bob", "two", true];
  await show([ALICE], [unread]);
  await showOlder();
  assert.equal(rows()[1].className, "is-unread");
  pages = [[ALICE], [BOB]];
  await change();
  assert.equal(rows()[1].className, "");
  requested = [];
  await change();
  assert.deepEqual(requested, ["/chats/?part=rows"]);
});

test("error of the server is reported, and the next change shows the rows", async () => {
  failure = { status: 500 };
  await show([CHARLIE]);
  assert.deepEqual(reported, ["500 for /chats/?part=rows"]);
  failure = undefined;
  await change();
  assert.deepEqual(names(), ["charlie"]);
  assert.equal(later.length, 0);
});

test("older page that could not be fetched is fetched by the next click", async () => {
  await show([ALICE], [BOB], [CHARLIE]);
  failure = { status: 500 };
  await showOlder();
  assert.deepEqual(reported, ["500 for /chats/?before=1&part=rows"]);
  [failure, requested] = [undefined, []];
  await showOlder();
  assert.deepEqual([requested, names()], [["/chats/?before=1&part=rows"], ["álice", "bob"]]);
});

test("requests without a response are repeated by one timer", async () => {
  failure = { status: 0 };
  for (let count = 0; count < 3; count += 1) await show([CHARLIE]);
  assert.equal(later.length, 1);
  failure = undefined;
  later.pop()();
  await pass();
  assert.deepEqual(names(), ["charlie"]);
});

test("no timer repeats a request after a log-out, but the return of the member does", async () => {
  failure = { status: 302, headers: { Location: "/accounts/login/" } };
  await show([CHARLIE]);
  assert.equal(later.length, 0);
  failure = undefined;
  document.dispatchEvent(new Event("here"));
  await pass();
  assert.deepEqual(names(), ["charlie"]);
});

test("Enter opens the first conversation, but not together with another key or at the end of a composition", () => {
  const opened = [];
  rows()[0].querySelector("a").click = () => opened.push("álice");
  const press = (options) => {
    const event = new window.KeyboardEvent("keydown", { key: "Enter", cancelable: true, ...options });
    document.querySelector("#beside input").dispatchEvent(event);
  };
  for (const key of ["ctrlKey", "metaKey", "altKey"]) press({ [key]: true });
  press({ keyCode: 229 });
  assert.deepEqual(opened, []);
  press();
  assert.deepEqual(opened, ["álice"]);
});

test("filter ignores accents and capitals", () => {
  const field = document.querySelector("#beside input");
  field.value = "ALI";
  field.dispatchEvent(new Event("input"));
  assert.deepEqual(shown(), ["álice"]);
  field.value = "";
  field.dispatchEvent(new Event("input"));
  assert.equal(shown().length, 3);
});

test("unread conversations and the open one stay when the others are hidden, also after a refresh", async () => {
  const [all, unread] = document.querySelectorAll("#beside .filter button");
  unread.click();
  assert.deepEqual(shown(), ["bob", "charlie"]);
  assert.equal(unread.ariaPressed, "true");
  await show([DORA, CHARLIE, BOB]);
  assert.deepEqual(shown(), ["charlie", "bob"]);
  all.click();
  assert.equal(shown().length, 3);
});
