// Tests of thread.js and updating.js: the link from a first message to its thread follows new replies.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve } from "./page.js";

const linkOf = (count) => `<a class="replies" href="/chats/thread/10/">${count} replies</a>`;
const rowOf = (id, { replies = 0, root = 0 } = {}) =>
  `<li class="message" id="m${id}"><p class="meta">
    <span class="who">bob</span></p><div class="content">text ${id}</div>${replies ? linkOf(replies) : ""}
    <p class="actions">${root ? `<a href="/chats/thread/${root}/">Thread</a>` : ""}</p></li>`;
const pageOf = (...rows) => `<ol class="messages" data-conversation="3" data-with="bob" data-active data-version="v2">
  ${rows.map((row) => rowOf(...row)).join("")}</ol>`;
const REPLY = [13, { root: 10 }];

let answers, requests;
const url = await serve((request) => {
  requests.push(request.url.split("?")[1]);
  return { body: answers[requests.at(-1)] };
});
openPage(`${pageOf([10])}<div id="arrivals"></div>`, { url: `${url}/chats/with/bob/` });
Object.assign(globalThis, { innerHeight: 100, requestAnimationFrame() {} });
const { refreshMessages } = await load("thread");
const list = document.querySelector("ol");
const link = () => list.querySelector("#m10 .replies")?.textContent;

beforeEach(() => {
  requests = [];
  list.innerHTML = [10, 11, 12].map((id) => rowOf(id)).join("");
  answers = {
    "from=13": pageOf(REPLY),
    "from=10": pageOf([10, { replies: 2 }], [11], [12], REPLY, [14]),
  };
});

test("first message shows the number of its replies after a new one, above its actions", async () => {
  await refreshMessages([13]);
  assert.deepEqual(requests, ["from=13", "from=10"]);
  assert.equal(link(), "2 replies");
  assert.ok(list.querySelector(".replies + .actions"));
  assert.equal(list.querySelector("#m14"), null); // This request shows no additional messages.
});

test("changed number keeps the focus of its link", async () => {
  list.querySelector("#m10 .content").insertAdjacentHTML("afterend", linkOf(1));
  const before = list.querySelector(".replies");
  before.focus();
  await refreshMessages([13]);
  assert.deepEqual([link(), document.activeElement], ["2 replies", before]);
});

test("first message is not requested again if the page of new messages has it, or if this page does not", async () => {
  await refreshMessages([10]);
  assert.deepEqual([requests, link()], [["from=10"], "2 replies"]);
  answers["from=15"] = pageOf([15, { root: 9 }]);
  await refreshMessages([15]);
  assert.deepEqual(requests, ["from=10", "from=15"]);
});

test("first message of a thread is updated when its reply is on a later page", async () => {
  list.insertAdjacentHTML("afterend", '<nav class="pages"><a rel="next" href="?from=13">Later</a></nav>');
  await refreshMessages([13], [10]);
  assert.deepEqual([requests, link()], [["from=10"], "2 replies"]);
  document.querySelector("nav").remove();
});

test("two first messages on one page take one request", async () => {
  answers["from=13"] = pageOf(REPLY, [14, { root: 12 }]);
  answers["from=10"] = pageOf([10, { replies: 2 }], [11], [12, { replies: 1 }], REPLY);
  await refreshMessages([13]);
  assert.deepEqual(requests, ["from=13", "from=10"]);
  assert.ok(list.querySelector("#m12 .replies"));
});
