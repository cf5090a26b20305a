// Tests of composer.js: when the Enter key sends a text.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

openPage('<form class="compose"><textarea></textarea></form><form class="search"><textarea></textarea></form>');
const { enterSends, rememberEnter, sendByKey } = await load("composer");
let isTouched, sent;
globalThis.matchMedia = (query) => ({ matches: query === "(pointer: coarse)" ? isTouched : !isTouched });
const [area, other] = document.querySelectorAll("textarea");
for (const form of document.querySelectorAll("form")) form.requestSubmit = () => sent.push(form.className);

beforeEach(() => {
  localStorage.clear();
  [isTouched, sent] = [false, []];
});

/** Presses Enter. Returns what was sent, and whether the browser makes no new line. */
function press(more = {}, target = area) {
  let isPrevented = false;
  sendByKey({ target, key: "Enter", preventDefault: () => (isPrevented = true), ...more });
  return [sent.splice(0), isPrevented];
}
const SENT = [["compose"], true];
const LINE = [[], false];

test("Enter sends on a desktop", () => assert.deepEqual(press(), SENT));

for (const more of ["shiftKey", "altKey", "ctrlKey", "metaKey", "isComposing"])
  test(`Enter with ${more} is left to others`, () => assert.deepEqual(press({ [more]: true }), LINE));

test("Enter that accepts the suggestion of an input method in Safari sends nothing", () =>
  assert.deepEqual(press({ keyCode: 229 }), LINE));

test("Enter on a touch screen is a new line, whatever the preference", () => {
  rememberEnter(true);
  isTouched = true;
  assert.deepEqual([press(), enterSends()], [LINE, false]);
});

test("preference for a new line is kept", () => {
  rememberEnter(false);
  assert.deepEqual([press(), enterSends(), localStorage.getItem("bobbin-enter")], [LINE, false, "newline"]);
  rememberEnter(true);
  assert.deepEqual(press(), SENT);
});

test("other fields and other keys are left to others", () => {
  assert.deepEqual([press({}, other), press({}, document.body), press({ key: "a" })], [LINE, LINE, LINE]);
});
