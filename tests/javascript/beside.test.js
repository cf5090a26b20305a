// Tests of beside.js and filtering.js: the list of conversations beside the open page.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve, settle } from "./page.js";

let pages, requested;
const rowOf = ([id, name, text, isUnread]) =>
  `<li data-counterpart="${name}" data-conversation="${id}"${isUnread ? ' class="is-unread"' : ""}>` +
  `<a class="row" href="/chats/with/${name}/"><span class="who">${name}</span><span>${text}</span></a></li>`;
const url = await serve((request) => {
  requested.push(request.url);
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
let now = 0;
performance.now = () => (now += 1_000); // No request waits.
const { begin } = await load("beside");

const ALICE = [1, "álice", "one"];
const BOB = [2, "bob", "two"];
const CHARLIE = [3, "charlie", "three", true];
const rows = () => [...document.querySelectorAll("#beside li")];
const names = () => rows().map((row) => row.dataset.counterpart);
const shown = () =>
  rows()
    .filter((row) => !row.hidden)
    .map((row) => row.dataset.counterpart);
const older = () => document.querySelector("#beside .older");

async function show(...lists) {
  pages = lists;
  begin();
  await new Promise((done) => setTimeout(done, 5));
  await settle();
}

beforeEach(async () => {
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
  await new Promise((done) => setTimeout(done, 5));
  await settle();
  assert.deepEqual(requested, ["/chats/"]);
});

test("older page is appended, and a conversation on both pages appears once", async () => {
  await show([ALICE, BOB], [BOB, CHARLIE]);
  assert.deepEqual(names(), ["álice", "bob"]);
  older().dispatchEvent(new window.MouseEvent("click", { bubbles: true, cancelable: true }));
  await settle();
  assert.deepEqual(names(), ["álice", "bob", "charlie"]);
  assert.equal(older().hidden, true);
  assert.equal(document.activeElement.textContent, "charliethree");
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
  await show([[4, "dora", "four"], CHARLIE, BOB]);
  assert.deepEqual(shown(), ["charlie", "bob"]);
  all.click();
  assert.equal(shown().length, 3);
});
