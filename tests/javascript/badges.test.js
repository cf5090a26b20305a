// Tests of badges.js and arrivals.js: the numbers on the page and what a screen reader announces.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { load, openPage } from "./page.js";

openPage(`
  <a data-count="unread">Unread</a><a data-count="notifications">Notifications</a>
  <div id="arrivals"></div>`);
document.title = "Inbox";
mock.timers.enable({ apis: ["setTimeout"] });
const { sayArrivals, setTitle, showBadges } = await load("badges", "arrivals");
const badge = (name) => document.querySelector(`[data-badge="${name}"]`)?.textContent;
const announced = () => [...document.querySelectorAll("#arrivals p")].map((line) => line.textContent);

function rows(number, text = "Hello", className = "") {
  const list = document.createElement("ol");
  const row = `<li class="${className}"><span class="who">bob</span><div class="content">${text}</div></li>`;
  list.innerHTML = row.repeat(number);
  return [...list.children];
}

beforeEach(() => {
  showBadges({ unread: 0, notifications: 0 });
  mock.timers.tick(2_000); // Ends what the test before has begun.
  document.querySelector("#arrivals").replaceChildren();
});

test("number of unread messages is in the badge and in the title", () => {
  showBadges({ unread: 3, notifications: 0 });
  assert.deepEqual([badge("unread"), document.title], ["3", "(3) Inbox"]);
});

test("badge without a number is removed", () => {
  showBadges({ unread: 3, notifications: 2 });
  showBadges({ unread: 0, notifications: 0 });
  assert.deepEqual([badge("unread"), badge("notifications"), document.title], [undefined, undefined, "Inbox"]);
});

test("numbers are shown to 99", () => {
  showBadges({ unread: 99, notifications: 99 });
  assert.deepEqual([badge("unread"), badge("notifications")], ["99", "99"]);
  showBadges({ unread: 100, notifications: 100 });
  assert.deepEqual([badge("unread"), badge("notifications"), document.title], ["99+", "99+", "(99+) Inbox"]);
});

test("more than 99 unread messages are announced once", () => {
  showBadges({ unread: 100, notifications: 0 });
  showBadges({ unread: 100, notifications: 0 });
  mock.timers.tick(1_100);
  showBadges({ unread: 100, notifications: 0 });
  mock.timers.tick(1_100);
  assert.deepEqual(announced(), ["More than 99 unread messages."]);
});

test("new title keeps the number", () => {
  showBadges({ unread: 3, notifications: 0 });
  setTitle("robert");
  assert.equal(document.title, "(3) robert");
  setTitle("Inbox");
});

test("new messages of the counterpart are announced with their text", () => {
  sayArrivals(rows(2));
  assert.deepEqual(announced(), ["bob: Hello", "bob: Hello"]);
});

test("own messages are not announced", () => {
  sayArrivals(rows(2, "Hello", "is-mine"));
  assert.deepEqual(announced(), []);
});

test("more than three messages are announced as a number", () => {
  sayArrivals(rows(4));
  assert.deepEqual(announced(), ["4 new messages."]);
});

test("long text is cut between the characters that a reader sees", () => {
  sayArrivals(rows(1, "👩‍👩‍👧".repeat(201)));
  assert.equal(announced()[0], `bob: ${"👩‍👩‍👧".repeat(200)}…`);
});

test("log keeps the latest ten lines", () => {
  for (let n = 0; n < 12; n++) sayArrivals(rows(1, n));
  assert.equal(announced().length, 10);
  assert.equal(announced().at(-1), "bob: 11");
});
