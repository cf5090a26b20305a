// Tests of arrivals.js: each arrival is announced once, by its text or by the number of unread messages.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { load, openPage } from "./page.js";

openPage('<div id="arrivals"></div>');
mock.timers.enable({ apis: ["setTimeout"] });
const { sayArrivals, sayUnread } = await load("arrivals");
const log = document.querySelector("#arrivals");
const announced = () => [...log.children].map((line) => line.textContent);

function rowOf(text, className = "message") {
  const row = Object.assign(document.createElement("li"), { className });
  row.innerHTML = '<span class="who">bob</span><div class="content"></div>';
  row.lastChild.textContent = text;
  return row;
}

/** Announces a message of bob. */
const arrive = (text) => sayArrivals([rowOf(text)]);

beforeEach(() => {
  mock.timers.tick(5_000); // Ends what the test before has begun.
  document.body.append(log);
  log.replaceChildren();
});

test("unread messages that the page does not show are announced as a number", () => {
  sayUnread(0, 2);
  mock.timers.tick(1_100);
  assert.deepEqual(announced(), ["2 unread messages."]);
  sayUnread(2, 1);
  mock.timers.tick(1_100);
  sayUnread(0, 1);
  mock.timers.tick(1_100);
  assert.deepEqual(announced(), ["2 unread messages.", "1 unread message."]);
});

test("message that the badge counts before or after it is announced once", () => {
  arrive("hi");
  mock.timers.tick(50);
  sayUnread(0, 1);
  mock.timers.tick(2_500);
  sayUnread(0, 1);
  mock.timers.tick(50);
  arrive("ho");
  mock.timers.tick(2_500);
  assert.deepEqual(announced(), ["bob: hi", "bob: ho"]);
});

test("message that arrives at the end of the delay of another badge is announced once", () => {
  sayUnread(1, 1);
  mock.timers.tick(990);
  arrive("hi");
  mock.timers.tick(50);
  sayUnread(1, 2);
  mock.timers.tick(2_500);
  assert.deepEqual(announced(), ["bob: hi"]);
});

test("message elsewhere is announced beside the one of this page", () => {
  arrive("hi");
  mock.timers.tick(50);
  sayUnread(0, 2);
  mock.timers.tick(2_500);
  assert.deepEqual(announced(), ["bob: hi", "2 unread messages."]);
});

test("badge changes do not delay an announcement without end", () => {
  sayUnread(0, 1);
  mock.timers.tick(900);
  sayUnread(1, 1);
  mock.timers.tick(200);
  assert.deepEqual(announced(), ["1 unread message."]);
});

test("messages that were read in the meantime are not announced", () => {
  sayUnread(0, 1);
  sayUnread(1, 0);
  mock.timers.tick(1_100);
  assert.deepEqual(announced(), []);
});

test("nothing is announced in a hidden tab", () => {
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  sayUnread(0, 1);
  mock.timers.tick(2_500);
  delete document.hidden;
  assert.deepEqual(announced(), []);
});

test("three messages at once are announced by their text and four by their number", () => {
  const texts = ["one", "two", "three", "four"];
  sayArrivals(texts.slice(0, 3).map((text) => rowOf(text)));
  assert.equal(announced().length, 3);
  sayArrivals(texts.map((text) => rowOf(text)));
  assert.deepEqual(announced().slice(3), ["4 new messages."]);
});

test("messages of the member are not announced as arrivals", () => {
  sayArrivals([rowOf("mine", "message is-mine")]);
  assert.deepEqual(announced(), []);
});

test("only the first 200 characters are announced, and none is cut in two", () => {
  const family = "👩‍👩‍👧";
  arrive(family.repeat(200));
  arrive(family.repeat(201));
  const begin = `bob: ${family.repeat(200)}`;
  assert.deepEqual(announced(), [begin, `${begin}…`]);
});

test("live region keeps the last ten lines", () => {
  for (let number = 0; number < 12; number++) arrive(`number ${number}`);
  assert.equal(announced().length, 10);
  assert.equal(announced()[0], "bob: number 2");
});

test("markup and characters outside the basic plane are announced as text", () => {
  arrive("<b>bold</b> 😀");
  assert.deepEqual(announced(), ["bob: <b>bold</b> 😀"]);
});

test("page without a live region announces nothing", () => {
  log.remove();
  arrive("hi");
  assert.deepEqual(announced(), []);
});
