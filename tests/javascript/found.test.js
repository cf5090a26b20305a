// Tests of events.js and lists.js on the page of a search, whose results hold the names of members.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve } from "./page.js";

let requests, answer;
const RESULTS = '<ol><li>from bob</li></ol><p hidden=""></p>';
const url = await serve((request) => {
  requests.push(request.url);
  return request.url === "/state/" ? { body: { generation: "g1" } } : answer;
});
openPage(`<div id="found">${RESULTS}</div>`, { url: `${url}/chats/search/?q=from`, state: "/state/" });
const { onEvent, refreshRows } = await load("events", "lists");
const results = document.querySelector("#found");
Math.random = () => 0;

beforeEach(() => {
  [requests, answer] = [[], { body: '<div id="found">from robert</div>' }];
  results.innerHTML = RESULTS;
});

for (const [kind, expected] of [
  ["member", "from robert"],
  ["sync", "from robert"],
  ["new", "from bob"],
])
  test(`event "${kind}" leads to the results ${expected}`, async () => {
    onEvent({ kind });
    while (!requests.includes("/state/")) await new Promise((done) => setTimeout(done, 5));
    assert.equal(results.textContent, expected);
  });

test("unchanged results stay", async () => {
  const first = results.firstChild;
  answer.body = `<div id="found">${RESULTS}</div>`;
  await refreshRows();
  assert.equal(results.firstChild, first);
});

for (const missing of [{ status: 404 }, { body: "<h1>Another page</h1>" }])
  test(`results stay if the page has none: ${missing.status ?? "another page"}`, async () => {
    answer = missing;
    await refreshRows();
    assert.equal(results.textContent, "from bob");
  });
