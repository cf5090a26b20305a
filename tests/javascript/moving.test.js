// Tests of moving.js, and of the places in lists.js: the newest message, the next unread one, and the way back to a list.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve, settle } from "./page.js";

let answer, left;
const url = await serve(() => answer);
openPage(
  `<header class="top"><a class="brand" href="/chats/"></a><a data-count="unread" href="/chats/unread/"></a></header>
  <main><ol class="messages" data-conversation="3"></ol><div id="rows"></div><form class="compose"></form></main>
  <p id="arrivals"></p>`,
  { url: `${url}/chats/with/bob/` },
);
window.location.assign = (address) => (left = String(address).replace(url, ""));
HTMLElement.prototype.scrollIntoView = () => {};
globalThis.innerHeight = 100;
globalThis.sessionStorage = window.sessionStorage;
const { backToList, deletePlaces, editLast, keepPlace, moveToNewest, moveToPlace, moveToUnread } = await load(
  "moving",
  "lists",
);
const $ = (selector) => document.querySelector(selector);
const [messages, rows] = [$("ol"), $("#rows")];
const focused = () => document.activeElement.id || document.activeElement.getAttribute("href");
const go = (address) => history.replaceState(null, "", address);
const message = (id, more = "") =>
  `<li class="message ${more}" id="m${id}"><p class="actions">${
    more.includes("is-mine") ? `<a href="/chats/message/${id}/edit/">Edit</a>` : ""
  }</p></li>`;
const row = (id, conversation = 1, isUnread = false) =>
  `<li id="m${id}" data-message="${id}" data-conversation="${conversation}" class="${isUnread ? "is-unread" : ""}">
  <a href="/chats/message/${id}/">${id}</a></li>`;
const list = (...parts) => `<ul class="rows">${parts.join("")}</ul>`;
const NEXT = '<nav class="pages"><a rel="next" href="?from=9"></a></nav>';

beforeEach(() => {
  [answer, left] = [{ body: "" }, undefined];
  sessionStorage.clear();
  document.activeElement.blur();
  messages.innerHTML = message(1) + message(3, "is-new is-mine") + message(2, "is-new is-mine");
  rows.innerHTML = "";
  $("nav")?.remove();
  $("#arrivals").textContent = "";
  go("/chats/with/bob/");
});

test("newest message has the largest id, wherever it is in the thread", () => {
  moveToNewest();
  assert.deepEqual([focused(), left], ["m3", undefined]);
});

test("newest message on a later page is opened there", () => {
  $("main").insertAdjacentHTML("beforeend", NEXT);
  moveToNewest();
  assert.deepEqual([document.activeElement, left], [document.body, "/chats/with/bob/?to=9223372036854775807#end"]);
});

test("page that was opened for its newest message focuses it, and another page does not", () => {
  moveToPlace();
  assert.equal(document.activeElement, document.body);
  go("#end");
  moveToPlace();
  assert.equal(focused(), "m3");
});

test("next unread message is the next one below the focused row", async () => {
  await moveToUnread();
  assert.equal(focused(), "m3");
  await moveToUnread();
  assert.equal(focused(), "m2");
});

test("next unread message elsewhere is the first of the conversation with the latest one", async () => {
  messages.innerHTML = message(1);
  answer.body = list(row(1, 9, true), row(8, 5, true), row(7, 4, true), row(6, 5, true), row(5, 4, true));
  await moveToUnread();
  assert.equal(left, "/chats/message/6/");
});

test("no further unread message is announced", async () => {
  messages.innerHTML = message(1);
  answer.body = list(row(1));
  await moveToUnread();
  assert.deepEqual([left, $("#arrivals").textContent], [undefined, "No more unread messages."]);
});

test("next unread message without a connection is announced by the page and can be tried again", async () => {
  messages.innerHTML = "";
  answer = { status: 0 };
  await moveToUnread();
  answer = { body: list(row(6)) };
  await moveToUnread();
  assert.equal(left, "/chats/message/6/");
});

/** Leaves a list with the focus on a row, as the keyboard gives it. */
function leaveList(address, html, selector) {
  go(address);
  messages.innerHTML = "";
  rows.innerHTML = html;
  $(selector).matches = () => true; // happy-dom does not know :focus-visible.
  $(selector).focus();
  keepPlace();
  document.activeElement.blur();
}

test("list that was left is where u leads, and otherwise the inbox", () => {
  backToList();
  assert.equal(left, "/chats/");
  leaveList("/chats/search/?q=x", list(row(1), row(2)), '[href="/chats/message/2/"]');
  go("/chats/with/bob/");
  backToList();
  assert.equal(left, "/chats/search/?q=x");
  go("/chats/search/?q=x");
  backToList();
  assert.equal(left, "/chats/");
});

test("u in the inbox stays", () => {
  go("/chats/");
  backToList();
  assert.equal(left, undefined);
});

test("row that was left has the focus again, also if it has moved", () => {
  leaveList("/chats/unread/", list(row(1), row(2), row(3)), '[href="/chats/message/2/"]');
  rows.innerHTML = list(row(4), row(1), row(2), row(3));
  moveToPlace();
  assert.equal(focused(), "/chats/message/2/");
});

for (const [place, after, expected] of [
  [2, [1, 3], 3],
  [3, [1], 1],
])
  test(`row ${place} that is gone is replaced by the row at its place`, () => {
    leaveList("/chats/unread/", list(row(1), row(2), row(3)), `[href="/chats/message/${place}/"]`);
    rows.innerHTML = list(...after.map((id) => row(id)));
    moveToPlace();
    assert.equal(focused(), `/chats/message/${expected}/`);
  });

test("row of another list, of another member or of a mouse is not focused", () => {
  const isBody = () => assert.equal(document.activeElement, document.body);
  leaveList("/chats/unread/", list(row(1)), '[href="/chats/message/1/"]');
  go("/chats/");
  moveToPlace();
  isBody();
  go("/chats/unread/");
  const stored = sessionStorage.getItem("bobbin-places");
  sessionStorage.setItem("bobbin-places", stored.replace('"member":"7"', '"member":"8"'));
  moveToPlace();
  isBody();
  sessionStorage.setItem("bobbin-places", stored);
  rows.innerHTML = list(row(1));
  $("#rows a").focus();
  $("#rows a").matches = () => false;
  keepPlace();
  document.activeElement.blur();
  moveToPlace();
  isBody();
});

test("places are deleted, and a broken or missing storage does no harm", () => {
  leaveList("/chats/unread/", list(row(1)), '[href="/chats/message/1/"]');
  deletePlaces();
  assert.equal(sessionStorage.length, 0);
  sessionStorage.setItem("bobbin-places", "{");
  moveToPlace();
  globalThis.sessionStorage = undefined;
  keepPlace();
  backToList();
  globalThis.sessionStorage = window.sessionStorage;
  assert.equal(left, "/chats/");
});

test("only the rows of the latest lists are kept", () => {
  for (let n = 0; n < 25; n++) leaveList(`/chats/?before=${n}`, list(row(1)), '[href="/chats/message/1/"]');
  const { rows: kept } = JSON.parse(sessionStorage.getItem("bobbin-places"));
  assert.deepEqual([Object.keys(kept).length, "/chats/?before=24" in kept], [20, true]);
});

test("last own message is edited, and not on a page that has a later one", () => {
  const clicked = [];
  for (const link of messages.querySelectorAll("a")) link.onclick = () => !clicked.push(link.pathname);
  editLast();
  $("main").insertAdjacentHTML("beforeend", NEXT);
  editLast();
  assert.deepEqual(clicked, ["/chats/message/3/edit/"]);
});

test("no message is edited while a later one waits to be sent", () => {
  const clicked = [];
  for (const link of messages.querySelectorAll("a")) link.onclick = () => !clicked.push(link.pathname);
  messages.insertAdjacentHTML("beforeend", '<li class="message is-mine is-unsent"></li>');
  editLast();
  assert.deepEqual(clicked, []);
});

test("page without an own message has none to edit", async () => {
  messages.innerHTML = message(1);
  editLast();
  await settle();
  assert.equal(document.activeElement, document.body);
});
