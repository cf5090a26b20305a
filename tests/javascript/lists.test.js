// Tests of lists.js and departed.js: a list says which counterpart was renamed or erased.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve } from "./page.js";

let people, counterparts, requested, key;
const rowsOf = () =>
  Object.entries(people)
    .map(([id, name]) => [id, key === "notification" ? `New message from <bdi>${name}</bdi>` : name])
    .map(([id, who]) => `<li data-conversation="${id}" data-${key}="${id}"><a class="who" href="#">${who}</a></li>`)
    .join("");
const url = await serve((request) => {
  if (request.url.includes("state")) return { body: { generation: null } };
  if (people === null) return { status: 404 };
  if (!people) return { body: "<h1>Another page</h1>" };
  if (!request.url.includes("counterpart")) return { body: `<div id="rows">${rowsOf()}</div>` };
  requested += 1;
  return { body: { conversation: counterparts[new URLSearchParams(request.url.split("?")[1]).get("conversation")] } };
});
openPage('<main><div id="rows"></div></main><p id="connection"></p>', {
  url: `${url}/chats/notifications/`,
  state: "/state/",
});
const { onEvent, refreshRows, tryTo } = await load("lists", "events");
const list = document.querySelector("#rows");
const news = () => document.querySelector(".news")?.textContent.trim();

beforeEach(() => {
  document.querySelector(".news")?.remove();
  [people, counterparts, requested] = [{ 1: "alice", 2: "bob", 3: "charlie", 4: "dora", 5: "emil" }, {}, 0];
  key = "notification";
  list.innerHTML = rowsOf();
});

for (const kind of ["counterpart", "message", "notification"])
  test(`new rows are shown and the focused row keeps the focus in a list with data-${kind}`, async () => {
    key = kind;
    list.innerHTML = rowsOf();
    list.querySelectorAll("a")[1].focus();
    people = { 9: "zoe", ...people };
    await refreshRows();
    assert.equal(list.children.length, 6);
    assert.match(document.activeElement.textContent, /bob$/);
  });

test("page without messages promises nothing about messages when the browser has no network", async () => {
  navigator.onLine = false;
  await tryTo(() => Promise.reject(new TypeError("Failed to fetch")));
  navigator.onLine = true;
  const line = document.querySelector("#connection");
  assert.equal(line.textContent, "You’re offline. This page is updated when you’re back.");
});

test("unchanged list keeps its rows", async () => {
  const first = list.firstChild;
  await refreshRows();
  assert.equal(list.firstChild, first);
});

test("renamed counterparts are all announced, and replace what was announced before", async () => {
  for (const [one, other] of [
    ["ben", "carl"],
    ["bert", "cora"],
  ]) {
    const before = { ...people };
    people = { ...people, 2: one, 3: other };
    await refreshRows();
    assert.equal(news(), `${before[2]} is now called ${one}. ${before[3]} is now called ${other}.`);
  }
});

test("missing row of a counterpart that was erased is announced, and that of another is not", async () => {
  counterparts = { 2: null, 3: 3 };
  people = { 1: "alice", 4: "dora", 5: "emil" };
  await refreshRows(true);
  assert.match(news(), /^bob’s account was deleted/);
  assert.doesNotMatch(news(), /charlie/);
});

test("missing row of the inbox is always looked up", async () => {
  [key, counterparts] = ["counterpart", { 2: null }];
  list.innerHTML = rowsOf();
  delete people[2];
  await refreshRows();
  assert.match(news(), /^bob’s account was deleted/);
});

test("event about a member refreshes the list and looks up missing rows", async () => {
  counterparts = { 2: null };
  delete people[2];
  Math.random = () => 0;
  onEvent({ kind: "member" });
  while (!news()) await new Promise((done) => setTimeout(done, 5));
  assert.match(news(), /^bob’s account was deleted/);
});

test("list stays if its page is gone or has none", async () => {
  for (people of [null, undefined]) await refreshRows();
  assert.equal(list.children.length, 5);
});

test("missing rows are looked up at most three times, and not at all without a change of a member", async () => {
  people = { 9: "zoe" };
  await refreshRows(true);
  assert.equal(requested, 3);
  people = { 8: "yann" };
  await refreshRows();
  assert.equal(requested, 3);
});
