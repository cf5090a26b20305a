// Tests of events.js: which events change the page at once, on a page of a thread.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

const ROW = `<li class="message is-mine" id="m12">
  <div class="content">text</div><span class="meta"> <span class="seen">read</span></span></li>`;
openPage('<ol class="messages" data-conversation="3" data-thread="7"></ol>');
globalThis.setTimeout = () => 1; // The requests that follow an event are not part of these tests.
const unobserved = [];
globalThis.IntersectionObserver = class {
  unobserve = ({ id }) => unobserved.push(id);
};
const { onEvent } = await load("events");
let reloads = 0;
window.location.reload = () => (reloads += 1);
const list = document.querySelector("ol");
const here = { conversation: 3, thread: 7, message: 12 };

beforeEach(() => (list.innerHTML = ROW));

test("deleted message disappears", () => {
  onEvent({ kind: "deleted", ...here });
  assert.equal(list.children.length, 0);
});

test("deleted message with an open form stays with its text", () => {
  const form = '<form class="compose"><textarea>typed</textarea><button type="submit"></button></form>';
  list.firstElementChild.insertAdjacentHTML("beforeend", form);
  onEvent({ kind: "deleted", ...here });
  assert.equal(list.querySelector("textarea").value, "typed");
  assert.ok(list.querySelector("button").disabled);
  assert.match(list.querySelector(".failed").textContent, /You can still copy your text/);
});

test("events of another conversation or thread change nothing", () => {
  onEvent({ kind: "deleted", ...here, conversation: 4 });
  onEvent({ kind: "deleted", ...here, thread: 8 });
  onEvent({ kind: "unread", ...here, thread: 8 });
  assert.equal(list.querySelectorAll(".seen").length, 1);
  list.querySelector(".seen").remove();
  onEvent({ kind: "read", ...here, conversation: 4, ids: [12] });
  assert.equal(list.querySelector(".seen"), null);
});

test("message that the receiver marked as unread is no longer shown as read", () => {
  onEvent({ kind: "unread", ...here });
  assert.equal(list.querySelector(".seen"), null);
});

test("message that its reader marked as unread elsewhere is not reported as seen", () => {
  unobserved.length = 0;
  onEvent({ kind: "unread", ...here, conversation: 4 });
  assert.deepEqual(unobserved, []);
  onEvent({ kind: "unread", ...here });
  assert.deepEqual(unobserved, ["m12"]);
});

test("message that was read is shown as read", () => {
  list.querySelector(".seen").remove();
  onEvent({ kind: "read", ...here, ids: [12] });
  assert.equal(list.querySelector(".seen").textContent, "read");
});

test("page of a thread is reloaded when its first message is deleted, and not for a reply", () => {
  onEvent({ kind: "deleted", ...here });
  assert.equal(reloads, 0);
  onEvent({ kind: "deleted", ...here, message: 7 });
  assert.equal(reloads, 1);
});

test("event about a message that is not on the page is no error", () => {
  onEvent({ kind: "deleted", ...here, message: 99 });
  onEvent({ kind: "counted" });
  assert.equal(list.children.length, 1);
});
