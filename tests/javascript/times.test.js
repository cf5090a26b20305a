// Tests of times.js: texts for times in the time zone of the browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

openPage('<time datetime="2026-11-25T09:00:00Z"></time><time datetime="2026-11-25T09:00:00Z" data-date-only></time>');
const { describe, formats, showTimes } = await load("times");

const minute = () => "the date";
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function described(date, now, { zone = "Europe/Berlin", locale = "en-GB" } = {}) {
  process.env.TZ = zone;
  return describe(new Date(date), new Date(now), { locale, minute, relative });
}

test("age below one minute is just now", () => {
  assert.equal(described("2026-11-25T09:00:00", "2026-11-25T09:00:59"), "just now");
});

test("age below one minute in another language uses that language", () => {
  assert.equal(described("2026-11-25T09:00:00", "2026-11-25T09:00:59", { locale: "de" }), "now");
});

test("time within the next minute is just now, because clocks differ", () => {
  assert.equal(described("2026-11-25T09:00:59", "2026-11-25T09:00:00"), "just now");
});

test("later time in the future is a date", () => {
  assert.equal(described("2026-11-25T09:02:00", "2026-11-25T09:00:00"), "the date");
});

test("age is rounded down to minutes and hours", () => {
  assert.equal(described("2026-11-25T09:00:00", "2026-11-25T09:59:59"), "59 minutes ago");
  assert.equal(described("2026-11-25T01:01:00", "2026-11-25T09:00:00"), "7 hours ago");
});

test("days are calendar days, also when a day has 25 hours", () => {
  assert.equal(described("2026-10-24T23:30:00", "2026-10-26T00:30:00"), "2 days ago");
});

test("days are calendar days, also when a day has 23 hours", () => {
  assert.equal(described("2026-03-28T23:30:00", "2026-03-30T00:15:00"), "2 days ago");
});

test("age of a week is a date", () => {
  assert.equal(described("2026-11-19T00:01:00", "2026-11-25T23:59:00"), "6 days ago");
  assert.equal(described("2026-11-18T23:59:00", "2026-11-25T00:01:00"), "the date");
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
