// Tests of times.js: texts for times in the time zone of the browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

const TIME = '<time datetime="2026-11-25T09:00:00Z"></time>';
openPage(`${TIME}<time datetime="2026-11-25T09:00:00Z" data-date-only></time>
  <ol class="messages" data-conversation="3"><li class="separator">${TIME}</li><li class="separator new">${TIME}</li>
  <li class="message">${TIME}</li></ol><a class="row">${TIME}</a>`);
const { describe, formats, showTimes } = await load("times");

/** The text of a time, with the locale of these tests (en-US). */
function described(date, now, kind, zone = "Europe/Berlin") {
  process.env.TZ = zone;
  return describe(new Date(date), new Date(now), formats(), kind).replace("\u202f", " ");
}

test("time of a row in a list is a clock time today, a weekday in this week, and else a date", () => {
  for (const [date, text] of [
    ["2026-11-25T00:01:00", "12:01 AM"],
    ["2026-11-24T23:59:00", "Tue"],
    ["2026-11-19T00:01:00", "Thu"],
    ["2026-11-18T23:59:00", "Nov 18"],
    ["2025-11-25T09:00:00", "Nov 25, 2025"],
  ])
    assert.equal(described(date, "2026-11-25T23:59:00", "row"), text);
});

test("time of a message outside of a conversation has its day and its clock time", () => {
  for (const [date, text] of [
    ["2026-11-25T00:01:00", "12:01 AM"],
    ["2026-11-24T23:59:00", "Tue 11:59 PM"],
    ["2026-11-18T23:59:00", "Nov 18, 2026, 11:59 PM"],
  ])
    assert.equal(described(date, "2026-11-25T23:59:00", "text"), text);
});

test("time in a conversation is a clock time, because its day is above it", () => {
  assert.equal(described("2025-03-01T09:05:00", "2026-11-25T23:59:00", "clock"), "9:05 AM");
});

test("day is today, yesterday, or its weekday and date", () => {
  for (const [date, text] of [
    ["2026-11-25T00:01:00", "Today"],
    ["2026-11-24T23:59:00", "Yesterday"],
    ["2026-11-23T23:59:00", "Monday, November 23"],
    ["2026-11-26T00:00:00", "Thursday, November 26"],
    ["2025-11-25T09:00:00", "Tuesday, November 25, 2025"],
  ])
    assert.equal(described(date, "2026-11-25T23:59:00", "day"), text);
});

test("time in the future is a date, because clocks differ by days only by mistake", () => {
  assert.equal(described("2026-11-26T00:01:00", "2026-11-25T23:59:00", "row"), "Nov 26");
});

test("days are calendar days, also when a day has 23 or 25 hours", () => {
  assert.equal(described("2026-10-24T23:30:00", "2026-10-25T23:45:00", "day"), "Yesterday"); // 25.25 hours.
  assert.equal(described("2026-03-28T23:30:00", "2026-03-29T23:00:00", "day"), "Yesterday"); // 22.5 hours.
});

test("zone that equals UTC all year is named", () => {
  process.env.TZ = "Atlantic/Reykjavik";
  assert.match(formats().minute(new Date()), / UTC$/);
  process.env.TZ = "Europe/London"; // UTC in winter only.
  assert.doesNotMatch(formats().minute(new Date()), /UTC/);
});

test("time element gets the exact time as its title", () => {
  showTimes();
  assert.match(document.querySelector("time").title, /2026/);
});

test("time of a day only shows the day", () => {
  showTimes();
  assert.match(document.querySelector("[data-date-only]").textContent, /25/);
  assert.doesNotMatch(document.querySelector("[data-date-only]").textContent, /00|ago/);
});

test("kind of a time depends on its place", () => {
  process.env.TZ = "Europe/Berlin";
  showTimes();
  const texts = [...document.querySelectorAll(".separator time, .message time, .row time")].map(
    (one) => one.textContent,
  );
  assert.match(texts[0], /^(Wednesday|Today|Yesterday)/);
  for (const clock of texts.slice(1, 3)) assert.match(clock, /^10:00/);
  assert.doesNotMatch(texts[3], /^Wednesday/);
});

test("exact time names its zone once", () => {
  process.env.TZ = "UTC";
  assert.equal(formats().second(new Date()).match(/UTC/g).length, 1);
});

test("text that is still right is not replaced, so that a selection in it stays", () => {
  const time = document.querySelector("time");
  showTimes();
  const node = time.firstChild;
  showTimes();
  assert.equal(time.firstChild, node);
});
