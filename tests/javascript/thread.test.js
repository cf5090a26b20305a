// Tests of thread.js and folding.js: the place of a new message in a tree, and which replies are folded.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

openPage('<ol class="messages" data-conversation="3" data-thread="1" data-tree data-version="v"></ol>', {
  url: "https://bobbin.test/chats/threads/1/",
});
const { fold, markSeen, merge, reveal, setFold } = await load("thread", "folding", "seen");
const list = document.querySelector("ol");

/** Returns the HTML of messages. A message is [id, depth, parent]. */
const rowsOf = (messages, className = "") =>
  messages.map(
    ([id, depth = 0, parent = ""]) => `
    <li class="message indent-${Math.min(depth, 6)} ${className}" id="m${id}"
      data-depth="${depth}" data-parent="${parent}">
      <span class="who">bob</span><div class="content">text ${id}</div>
      <span class="meta"></span><span class="actions"></span>
    </li>`,
  );
const show = (messages, className) => (list.innerHTML = rowsOf(messages, className).join(""));
const pageOf = (messages, className) =>
  new DOMParser().parseFromString(`<ol class="messages">${rowsOf(messages, className).join("")}</ol>`, "text/html");
const shown = () => [...list.children].map((row) => `${row.id.slice(1)}:${row.dataset.depth}`).join(" ");
const visible = () => [...list.children].filter((row) => !row.hidden).map((row) => Number(row.id.slice(1)));

beforeEach(() => (location.hash = ""));

test("reply is inserted below the earlier replies to its parent", () => {
  show([[1], [2, 1, 1], [3, 2, 2], [5, 1, 1]]);
  const added = merge(pageOf([[6, 1, 2]])); // The server renders the depth from the top of its page.
  assert.equal(shown(), "1:0 2:1 3:2 6:2 5:1");
  assert.deepEqual(
    added.map(({ id }) => id),
    ["m6"],
  );
});

test("reply that arrives late is inserted before later replies to its parent", () => {
  show([[1], [2, 1, 1], [5, 1, 1]]);
  merge(pageOf([[4, 1, 1]]));
  assert.equal(shown(), "1:0 2:1 4:1 5:1");
});

test("reply whose parent is on another page is inserted by its id", () => {
  show([[11], [15]]);
  merge(pageOf([[13, 0, 2]]));
  assert.equal(shown(), "11:0 13:0 15:0");
});

test("replies move below their parent after an earlier page was loaded", () => {
  show([
    [11, 0, 2],
    [12, 1, 11],
  ]);
  merge(pageOf([[1], [2, 1, 1]]));
  assert.equal(shown(), "1:0 2:1 11:2 12:3");
});

test("reply whose parent is on another page is not inserted among the replies to another message", () => {
  show([[11], [14, 1, 11], [15]]);
  merge(pageOf([[13, 0, 2]]));
  assert.equal(shown(), "11:0 14:1 13:0 15:0");
});

test("reply is inserted below later replies to an earlier reply", () => {
  show([[1], [2, 1, 1], [5, 2, 2]]);
  merge(pageOf([[4, 1, 1]]));
  assert.equal(shown(), "1:0 2:1 5:2 4:1");
});

test("reply below its parent does not repeat the text of the parent", () => {
  show([[1], [8, 6]]);
  const page = pageOf([
    [2, 0, 1],
    [9, 0, 8],
  ]);
  for (const row of page.querySelectorAll("li")) row.insertAdjacentHTML("beforeend", '<p class="answers">…</p>');
  merge(page);
  assert.equal(document.querySelector("#m2 .answers"), null);
  assert.ok(document.querySelector("#m9 .answers")); // Deeper than the indentation shows.
});

test("unwanted messages are not inserted", () => {
  show([[1]]);
  assert.deepEqual(
    merge(pageOf([[2, 1, 1]]), (id) => id < 2),
    [],
  );
  assert.equal(shown(), "1:0");
});

test("changed text of a shown message is updated", () => {
  show([[1]]);
  const page = pageOf([[1]]);
  page.querySelector(".content").textContent = "edited";
  assert.deepEqual(merge(page), []);
  assert.equal(list.querySelector(".content").textContent, "edited");
});

test("unchanged parts of a message stay, so that a link in them keeps the focus", () => {
  show([[1]]);
  const content = list.querySelector(".content");
  merge(pageOf([[1]]));
  assert.equal(list.querySelector(".content"), content);
});

test("Reply disappears when the counterpart is deactivated and returns before the other actions", () => {
  const reply = '<a href="/chats/message/1/reply/">Reply</a>';
  show([[1]]);
  list.querySelector(".actions").innerHTML = `${reply} <a href="/chats/thread/1/">Thread</a>`;
  merge(pageOf([[1]]));
  assert.equal(list.querySelector(".actions").textContent.trim(), "Thread");
  for (let n = 0; n < 2; n++) {
    const page = pageOf([[1]]);
    page.querySelector(".actions").innerHTML = reply;
    merge(page);
  }
  assert.equal(list.querySelector(".actions").textContent.trim().replace(/\s+/g, " "), "Reply Thread");
});

test("marks of a message appear once and disappear", () => {
  const marks = '<a class="edited">edited</a> <span class="seen">read</span>';
  show([[1]]);
  for (let n = 0; n < 2; n++) {
    const page = pageOf([[1]]);
    page.querySelector(".meta").innerHTML = marks;
    merge(page);
  }
  assert.equal(list.querySelectorAll(".edited, .seen").length, 2);
  merge(pageOf([[1]])); // The receiver has marked the message as unread.
  assert.equal(list.querySelector(".seen"), null);
});

test("indentation ends at depth 6", () => {
  show([[1, 8]]);
  merge(pageOf([[2, 0, 1]]));
  assert.ok(document.getElementById("m2").matches(".indent-0, .indent-6"));
  assert.equal(shown(), "1:8 2:9");
});

test("own messages that were read are marked", () => {
  show([[1], [2], [3], [4]], "is-mine");
  markSeen({ kind: "read", conversation: 3, ids: [2, 3, 5] });
  assert.deepEqual(
    [...list.querySelectorAll(".seen")].map((mark) => mark.closest("li").id),
    ["m2", "m3"],
  );
});

test("listed ids are marked as read and messages between them are not", () => {
  show([[1], [2], [3]], "is-mine");
  markSeen({ kind: "read", conversation: 3, ids: [1, 3] });
  assert.deepEqual(
    [...list.querySelectorAll(".seen")].map((mark) => mark.closest("li").id),
    ["m1", "m3"],
  );
});

test("read messages of another thread and of the counterpart are not marked", () => {
  show([[1]], "is-mine");
  markSeen({ kind: "read", conversation: 3, ids: [9] });
  assert.equal(list.querySelector(".seen"), null);
  show([[1]]);
  markSeen({ kind: "read", conversation: 3, ids: [1] });
  assert.equal(list.querySelector(".seen"), null);
});

test("message is marked as read once", () => {
  show([[1]], "is-mine");
  for (let n = 0; n < 2; n++) markSeen({ kind: "read", conversation: 3, ids: [1] });
  assert.equal(list.querySelectorAll(".seen").length, 1);
});

const DEEP = [[1, 4], [2, 5, 1], [3, 6, 2], [4, 5, 1], [5]];

test("three replies below depth 4 are folded, and the button says so", () => {
  show(DEEP);
  fold();
  assert.deepEqual(visible(), [1, 5]);
  assert.equal(list.querySelector(".fold").textContent, "Show 3 replies");
});

test("two replies below depth 4 are not folded", () => {
  show([...DEEP.slice(0, 3), [5]]);
  fold();
  assert.deepEqual(visible(), [1, 2, 3, 5]);
});

test("replies are not folded around the target of a link or the latest message", () => {
  location.hash = "#m3";
  show(DEEP);
  fold();
  assert.deepEqual(visible(), [1, 2, 3, 4, 5]);
  location.hash = "";
  show(DEEP.slice(0, 4));
  fold();
  assert.deepEqual(visible(), [1, 2, 3, 4]);
});

test("folded reply is revealed with the others of its fold", () => {
  show(DEEP);
  fold();
  reveal(document.getElementById("m3"));
  assert.deepEqual(visible(), [1, 2, 3, 4, 5]);
  assert.equal(list.querySelector(".fold").getAttribute("aria-expanded"), "true");
});

test("new reply in a fold is shown with the others", () => {
  show(DEEP);
  fold();
  merge(pageOf([[6, 0, 2]]));
  assert.deepEqual(visible(), [1, 2, 3, 6, 4, 5]);
});

test("replies that a loaded page adds below depth 4 can be folded", () => {
  show([[1, 4], [9]]);
  merge(pageOf([[2, 5, 1], [3, 6, 2], [4, 5, 1]])); // prettier-ignore
  assert.equal(list.querySelectorAll(".fold").length, 1);
  fold();
  assert.equal(list.querySelectorAll(".fold").length, 1);
});

test("message at depth 4 at the end has no fold", () => {
  show([[1, 4]]);
  fold();
  assert.equal(list.querySelector(".fold"), null);
});

test("replies around a new one are not folded", () => {
  show(DEEP);
  document.querySelector("#m3").classList.add("is-new");
  fold();
  assert.deepEqual(visible(), [1, 2, 3, 4, 5]);
});

test("one folded reply is not called replies", () => {
  show([...DEEP.slice(0, 2), [5]]);
  fold();
  const button = list.querySelector(".fold");
  setFold(document.querySelector("#m1"), button, false);
  assert.equal(button.textContent, "Show 1 reply");
});

test("message above a fold can be revealed without unfolding its replies", () => {
  show(DEEP);
  fold();
  reveal(document.querySelector("#m1"));
  assert.deepEqual(visible(), [1, 5]);
});

test("initials follow the name of the author", () => {
  show([[1]]);
  list.querySelector(".meta").dataset.i = "B";
  const page = pageOf([[1]]);
  page.querySelector(".meta").dataset.i = "R";
  merge(page);
  assert.equal(list.querySelector(".meta").dataset.i, "R");
});
