// Tests of thread.js, groups.js and unsent.js on a page of a thread in the order of time.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve, settle } from "./page.js";

const QUOTE = '<p class="answers">In reply to bob:</p>';
const rowOf = (id, parent = 0, { time = "09:00", quote = "", text = `text ${id}` } = {}) => `
  <li class="message is-mine" id="m${id}" ${parent ? `data-parent="${parent}"` : ""}>
  <p class="meta"><time datetime="2026-03-07T${time}:00Z"></time></p>${quote}<div class="content">${text}</div>
  <p class="actions"></p></li>`;
const pageOf = (...rows) => `
  <ol class="messages" data-conversation="3" data-thread="1" data-with="bob" data-version="v">${rows.join("")}</ol>`;
const FORM = (url) => `<form class="compose" action="${url}/chats/message/1/reply/" data-draft="thread:1">
  <input type="hidden" name="client_id" value="new"><textarea name="content"></textarea></form>`;

let page, requests;
const ACCEPTED = { status: 204, headers: { "X-Accepted": "new", Location: "/chats/message/9/" } };
const url = await serve(({ method, url: path }) => {
  requests.push(path);
  return method === "POST" ? ACCEPTED : path.startsWith("/state/") ? { status: 503 } : page;
});
openPage(`<main>${pageOf()}${FORM(url)}</main><p id="connection"></p><div id="arrivals"></div>`, {
  url: `${url}/chats/thread/1/`,
  state: "/state/",
});
HTMLElement.prototype.scrollIntoView = () => {};
const opened = [];
window.location.assign = (address) => opened.push(address);
const { setTimeout: after } = globalThis;
globalThis.setTimeout = (...given) => after(...given).unref();
const { merge, sendText } = await load("thread", "unsent");
const list = document.querySelector("ol");
const shown = () =>
  [...list.querySelectorAll("li.message")].map((row) => row.id || row.querySelector(".content").textContent);
const parsed = (...rows) => new DOMParser().parseFromString(pageOf(...rows), "text/html");

beforeEach(() => {
  requests = [];
  list.innerHTML = rowOf(1) + rowOf(2, 1) + rowOf(3, 1);
});

test("reply to an earlier message is inserted at the end, in its group", () => {
  merge(parsed(rowOf(4, 2, { quote: QUOTE })));
  assert.deepEqual(shown(), ["m1", "m2", "m3", "m4"]);
  assert.ok(list.querySelector("#m4").matches(".is-more:has(.answers)"));
  assert.equal(list.querySelector("#m4").dataset.depth, undefined);
});

test("reply to the message before it does not quote it, also if the server did not know this message", () => {
  merge(parsed(rowOf(4, 3, { quote: QUOTE }), rowOf(5, 3, { quote: QUOTE })));
  assert.deepEqual([!!list.querySelector("#m4 .answers"), !!list.querySelector("#m5 .answers")], [false, true]);
});

test("first message of a day is below a separator", () => {
  list.innerHTML = rowOf(1);
  merge(parsed(rowOf(4, 1).replace("03-07", "03-09")));
  assert.deepEqual(
    [...list.children].map((row) => row.className.includes("separator")),
    [true, false, true, false],
  );
});

function send() {
  const form = document.querySelector("main > form");
  form.elements.client_id.value = "new"; // As in the response.
  form.querySelector("textarea").value = "typed";
  sendText(form);
}

test("sent reply is shown at the end at once, and then as the row of the page", async () => {
  page = { body: pageOf(rowOf(9, 1, { text: "typed" })) };
  send();
  assert.deepEqual(shown(), ["m1", "m2", "m3", "typed"]);
  await settle();
  assert.deepEqual(shown(), ["m1", "m2", "m3", "m9"]);
  assert.ok(requests.includes("/chats/thread/1/?from=4"));
});

test("reply that is sent from an earlier page opens the page of the thread that shows it", async () => {
  document.body.insertAdjacentHTML("beforeend", '<nav class="pages"><a rel="next" href="?from=4">Later</a></nav>');
  send();
  await settle();
  assert.deepEqual([shown(), opened], [["m1", "m2", "m3"], ["/chats/thread/1/?at=9#m9"]]);
});
