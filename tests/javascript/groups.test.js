// Tests of groups.js: which messages begin a group, a day or what is new, and the separators of an open page.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

process.env.TZ = "Europe/Berlin";
openPage('<ol class="messages" data-conversation="3" data-with="bob" data-version="v"></ol>');
const { group, merge, placesOf } = await load("groups", "thread");
const list = document.querySelector("ol");

/** Returns the HTML of a message: its id, its time, and the classes of its row. */
const rowOf = ([id, time, className = ""]) => `<li class="message ${className}" id="m${id}">
  <p class="meta"><span class="who">bob</span> <a><time datetime="2026-10-${time}:00Z"></time></a></p>
  <div class="content">text ${id}</div><p class="actions"></p></li>`;
const show = (...rows) => (list.innerHTML = rows.map(rowOf).join(""));
const pageOf = (...rows) =>
  new DOMParser().parseFromString(`<ol class="messages">${rows.map(rowOf).join("")}</ol>`, "text/html");
// A separator is shown by its first word, a row by its id, with + if it continues a group.
const shown = () =>
  [...list.children]
    .map((one) => (one.matches(".message") ? one.id + (one.matches(".is-more") ? "+" : "") : one.textContent.trim()))
    .map((text) => text.split(/[ ,]/)[0])
    .join(" ");

beforeEach(() => (list.innerHTML = ""));

test("messages of one author within five minutes are one group", () => {
  show([1, "05T09:00"], [2, "05T09:05"], [3, "05T09:11"], [4, "05T09:11", "is-mine"], [5, "05T09:12", "is-mine"]);
  group();
  assert.equal(shown(), "Monday m1 m2+ m3 m4 m5+");
});

test("days are those of the time zone of the browser", () => {
  show([1, "05T21:59"], [2, "05T22:01"], [3, "06T00:00"]); // Midnight in Berlin is at 22:00 UTC.
  group();
  assert.equal(shown(), "Monday m1 Tuesday m2 m3");
});

test("separator of the server that is in another place moves", () => {
  list.innerHTML =
    rowOf([1, "05T22:01"]) +
    '<li class="separator"><h2><time datetime="2026-10-06T00:00:00Z">Tuesday</time></h2></li>' +
    rowOf([2, "06T00:00"]);
  group();
  assert.equal(shown(), "Tuesday m1 m2");
});

test("first new message has a separator and begins a group", () => {
  show([1, "05T09:00"], [2, "05T09:01", "is-new"], [3, "05T09:02", "is-new"]);
  group();
  assert.equal(shown(), "Monday m1 New m2 m3+");
});

test("separators that stay are not formatted again", () => {
  show([1, "05T09:00"], [2, "06T09:00"]);
  group();
  const times = () => [...document.querySelectorAll(".separator time")];
  for (const time of times()) time.title = ""; // Each formatting sets it.
  group();
  list.insertAdjacentHTML("beforeend", rowOf([3, "07T09:00"]));
  group();
  assert.deepEqual(
    times().map(({ title }) => Boolean(title)),
    [false, false, true],
  );
  assert.equal(shown(), "Monday m1 Tuesday m2 Wednesday m3");
});

test("separator of a day comes before that of new messages", () => {
  show([1, "05T09:00", "is-new"]);
  group();
  assert.equal(shown(), "Monday New m1");
  const html = document.querySelector(".separator.new").innerHTML.replace(/(?<=:00Z")[^>]*>[^<]+/, ">");
  assert.equal(html, '<h2>New since <time datetime="2026-10-05T09:00:00Z"></time></h2>'); // As in _rows.html.
});

test("message that arrives continues the group before it", () => {
  show([1, "05T09:00"]);
  group();
  merge(pageOf([2, "05T09:01"]));
  assert.equal(shown(), "Monday m1 m2+");
});

test("earlier messages take over the separator of their day", () => {
  show([3, "05T09:03"]);
  group();
  merge(pageOf([1, "04T09:00"], [2, "05T09:02"]));
  assert.equal(shown(), "Sunday m1 Monday m2 m3+");
});

test("message after a removed one begins the group", () => {
  show([1, "05T09:00"], [2, "05T09:01"], [3, "05T09:02"]);
  group();
  document.querySelector("#m1").remove();
  group();
  assert.equal(shown(), "Monday m2 m3+");
});

test("page that has changed nothing keeps its separators", () => {
  show([1, "05T09:00"], [2, "05T09:01", "is-new"]);
  group();
  const before = [...list.children];
  group();
  assert.deepEqual([...list.children], before);
});

test("places of no messages are none", () => {
  assert.deepEqual(placesOf([]), []);
});
