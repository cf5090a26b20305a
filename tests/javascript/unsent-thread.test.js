// Tests of unsent.js on a page of a thread as a tree, and of the queue of an earlier page.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve, settle } from "./page.js";

let answers = [{ status: 204, headers: { "X-Accepted": "stored", Location: "/chats/message/7/" } }];
let requests = [];
let page = { body: "" };
const rowOf = (id, depth = 0, text = `text ${id}`) => `
  <li class="message is-mine indent-${depth}" id="m${id}" data-depth="${depth}"
  ${depth ? 'data-parent="1"' : ""}>
  <p class="meta"></p><div class="content">${text}</div><p class="actions"></p></li>`;
const pageOf = (...rows) => `
  <ol class="messages" data-conversation="3" data-thread="1" data-tree data-with="bob" data-version="v">${rows.join("")}</ol>`;
const url = await serve(({ method, url: path }) => {
  requests.push(`${method} ${path}`);
  return method === "POST" ? answers.shift() : path.startsWith("/state/") ? { status: 503 } : page;
});
const FORM = (
  parent,
) => `<form class="compose" action="${url}/chats/message/${parent}/reply/" data-draft="reply:${parent}">
  <input type="hidden" name="client_id" value="old"><textarea name="content"></textarea></form>`;
openPage(`<main>${pageOf(rowOf(1), rowOf(2, 1), rowOf(3, 1))}</main><p id="connection"></p><div id="arrivals"></div>`, {
  url: `${url}/chats/thread/1/`,
  state: "/state/",
});
HTMLElement.prototype.scrollIntoView = () => {};
const stored = { conversation: "3", action: `${url}/send/`, fields: {}, draft: "thread:1" };
for (const [id, thread, at] of [
  ["other", "9", 1],
  ["stored", "1", 2],
])
  localStorage.setItem(
    `draft 7 unsent:${id}`,
    JSON.stringify({
      ...stored,
      id,
      thread,
      at: Date.now() + at,
      text: `of ${thread}`,
      why: id === "other" ? "No" : undefined,
    }),
  );
const { setTimeout: after } = globalThis;
globalThis.setTimeout = (...given) => after(...given).unref();
page = { body: pageOf(rowOf(7, 0, "of 1")) };
const { queued, sendText } = await load("unsent", "queue");
const atBegin = [...document.querySelectorAll(".is-unsent .content")].map(({ textContent }) => textContent);
const list = document.querySelector("ol");
const shown = () => [...list.children].map((row) => row.id || row.querySelector(".content").textContent);

async function reply(to) {
  list.querySelector(`#m${to}`).insertAdjacentHTML("beforeend", FORM(to));
  const form = list.querySelector("form");
  form.querySelector("textarea").value = "typed";
  sendText(form);
}

beforeEach(async () => {
  await settle();
  requests = [];
});

test("messages of this thread that wait are shown and sent when the page is opened", () => {
  assert.deepEqual(atBegin, ["of 1"]);
  assert.deepEqual(shown(), ["m1", "m2", "m3", "m7"]);
  assert.deepEqual(
    queued().map(({ id }) => id),
    ["other"],
  );
});

test("reply is shown below its parent at once, and then as the row of the page", async () => {
  answers = [{ status: 204, headers: { "X-Accepted": "old", Location: "/chats/message/9/" } }];
  page = { body: pageOf(rowOf(9, 2, "typed").replace('data-parent="1"', 'data-parent="2"')) };
  reply(2);
  assert.deepEqual(shown(), ["m1", "m2", "typed", "m3", "m7"]);
  assert.equal(list.querySelector(".is-unsent").dataset.depth, "2");
  assert.equal(list.querySelector("form"), null);
  await settle();
  assert.deepEqual(shown(), ["m1", "m2", "m9", "m3", "m7"]);
});

test("page that does not show the end of the thread shows only the sent reply", async () => {
  document.body.insertAdjacentHTML("beforeend", '<nav class="pages"><a rel="next" href="?from=5">Later</a></nav>');
  answers = [{ status: 204, headers: { "X-Accepted": "old", Location: "/chats/message/12/" } }];
  page = { body: pageOf(rowOf(11), rowOf(12)) };
  await reply(1);
  await settle();
  assert.ok(requests.includes("GET /chats/thread/1/?at=12&order=tree"));
  document.querySelector("nav").remove();
  assert.deepEqual([shown().includes("m12"), shown().includes("m11")], [true, false]);
});

test("accepted reply is not sent again if the page cannot be refreshed, and the page says why", async () => {
  answers = [{ status: 204, headers: { "X-Accepted": "old", Location: "/chats/message/15/" } }];
  page = { status: 503 };
  await reply(1);
  await settle();
  assert.equal(document.querySelector("#connection").textContent, "Reconnecting…");
  assert.deepEqual(requests.filter((one) => one.startsWith("POST")).length, 1);
  assert.equal(list.querySelector(".is-unsent .progress").textContent, "Sent");
});
