// Tests of sending.js on a page of a thread, which shows the sent reply below its parent.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve } from "./page.js";

let answers;
const rowOf = (id) => `<li class="message indent-0" id="m${id}" data-message="${id}" data-depth="0">
  <span class="meta"><a class="quiet" href="/chats/message/${id}/">now</a></span><span class="actions"></span></li>`;
const pageOf = (...ids) => `
  <ol class="messages" data-conversation="3" data-thread="1" data-with="bob" data-version="v">
    ${ids.map(rowOf).join("")}
  </ol>`;
openPage(`<main>${pageOf(1)}</main><p id="connection"></p>`, { url: await serve(() => answers.shift()) });
let scrolled;
HTMLElement.prototype.scrollIntoView = function () {
  scrolled.push(this.id);
};
const { checkCounterpart, send } = await load("sending", "counterpart");
const ACCEPTED = { status: 200, headers: { "X-Accepted": "old", Location: "/chats/message/9/" } };
const shown = () => [...document.querySelectorAll("li")].map((row) => row.id);

async function submit(...responses) {
  [answers, scrolled] = [responses, []];
  const form = document.querySelector("form");
  form.querySelector("textarea").value = "typed";
  form.elements.client_id.value = "old";
  send({ target: form, submitter: null, preventDefault() {} });
  while (form.dataset.busy) await new Promise((done) => setTimeout(done, 5));
}

beforeEach(() => {
  document.querySelector("ol").innerHTML = rowOf(1);
  document.querySelectorAll("form, nav").forEach((part) => part.remove());
  document.body.insertAdjacentHTML(
    "beforeend",
    `<form class="compose" action="${location.origin}/send/" data-draft="thread:1">
      <input type="hidden" name="client_id"><textarea></textarea></form>`,
  );
});

test("sent reply is shown with the others of its page, and scrolled into view", async () => {
  await submit(ACCEPTED, { body: pageOf(1, 8, 9) });
  assert.deepEqual([shown(), scrolled], [["m1", "m8", "m9"], ["m9"]]);
});

test("page that does not show the end of the thread shows only the sent reply", async () => {
  document.body.insertAdjacentHTML("beforeend", '<nav class="pages"><a rel="next" href="?from=5">Later</a></nav>');
  await submit(ACCEPTED, { body: pageOf(1, 8, 9) });
  assert.deepEqual(shown(), ["m1", "m9"]);
});

test("accepted reply is not sent again if the page cannot be refreshed, and the page says why", async () => {
  await submit(ACCEPTED, { status: 503 });
  const [area, line] = ["textarea", "#connection"].map((selector) => document.querySelector(selector));
  assert.deepEqual([area.value, document.querySelector(".failed")], ["", null]);
  assert.equal(line.textContent, "Bobbin is not available right now. It tries again.");
});

test("rename leaves the URL of a thread as it is", async () => {
  const now = { conversation: 3, name: "robert", is_active: false, address: "/chats/with/robert/", made: "t" };
  answers = [{ body: now }, { status: 404 }];
  await checkCounterpart();
  assert.equal(document.querySelector(".news").textContent.trim(), "bob is now called robert.");
  assert.equal(location.pathname, "/");
});
