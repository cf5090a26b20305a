// Tests of time-zone.js: the button chooses the zone of the browser, and sends nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

process.env.TZ = "Asia/Kolkata";
openPage(`<form><select id="id_time_zone"><option value="">UTC</option><option value="Europe/Berlin">Berlin</option>
  </select><button type="button" data-zone-of-browser>This browser</button></form>`);
await load("time-zone");
const [choice, button] = [document.querySelector("select"), document.querySelector("button")];
const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();

test("button chooses the zone, once also if the list has another name", () => {
  let isSent = false;
  document.querySelector("form").addEventListener("submit", () => (isSent = true));
  assert.equal(choice.value, "");
  button.click();
  button.click();
  assert.deepEqual([choice.value, choice.options.length, isSent], [timeZone, 3, false]);
});
