// Tests of away.js: what an open page hides and shows again when its member logs out and in.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

openPage(
  `<main><form class="compose" data-draft="new:"><textarea></textarea></form></main><footer></footer>
  <dialog id="logged-out" class="cover"></dialog><dialog id="another-member" class="cover"></dialog>`,
);
let reloads = 0;
window.location.reload = () => (reloads += 1);
const { AwayError, anotherMember, isHere, sessionLost } = await load("away");
const area = document.querySelector("textarea");
const open = () => [...document.querySelectorAll("dialog[open]")].map(({ id }) => id);
const shown = () => [...document.body.children].map(({ tagName }) => tagName);
const WHOLE = ["MAIN", "FOOTER", "DIALOG", "DIALOG"];
const seesAnother = () => assert.throws(anotherMember, AwayError);

beforeEach(() => {
  [reloads, area.value, document.title] = [0, "half a text", "bob"];
});

test("lost session opens one dialog, and the page stays below it", () => {
  assert.throws(sessionLost, AwayError);
  assert.throws(sessionLost, AwayError);
  assert.deepEqual([open(), shown()], [["logged-out"], WHOLE]);
  assert.equal(isHere(), true);
  assert.deepEqual([open(), isHere()], [[], false]);
});

test("page without an open form is reloaded for another member", () => {
  area.value = "";
  seesAnother();
  assert.deepEqual([reloads, open(), shown()], [1, [], WHOLE]);
});

test("page with an open form is hidden from another member, with its title", () => {
  assert.throws(sessionLost, AwayError);
  seesAnother();
  seesAnother(); // The next poll.
  assert.deepEqual([reloads, open(), shown()], [0, ["another-member"], ["DIALOG", "DIALOG"]]);
  assert.equal(document.title, "Bobbin");
  assert.equal(isHere(), true);
});

test("hidden page returns unchanged with its member, and its text is a draft again", () => {
  seesAnother();
  localStorage.clear(); // The page of the other member deletes the drafts.
  assert.equal(isHere(), true);
  assert.deepEqual([open(), shown(), document.title], [[], WHOLE, "bob"]);
  assert.equal(JSON.parse(localStorage.getItem("draft 7 new:")).text, "half a text");
  assert.equal(isHere(), false);
});

test("hidden page has one dialog, also after a log-out of the other member and after the Escape key", () => {
  seesAnother();
  assert.throws(sessionLost, AwayError);
  assert.deepEqual(open(), ["logged-out"]);
  seesAnother();
  assert.deepEqual(open(), ["another-member"]);
  document.querySelector("dialog[open]").close();
  seesAnother();
  assert.deepEqual(open(), ["another-member"]);
  assert.equal(isHere(), true);
  assert.deepEqual([open(), shown()], [[], WHOLE]);
});

test("hidden page returns although the Escape key has closed its dialog", () => {
  seesAnother();
  document.querySelector("dialog[open]").close();
  assert.equal(isHere(), true);
  assert.deepEqual(shown(), WHOLE);
});

test("page from the history is covered until its member is confirmed", () => {
  document.documentElement.className = "is-checking has-script";
  assert.equal(isHere(), false);
  assert.equal(document.documentElement.className, "has-script");
});

test("focus and scroll position return with the page", () => {
  const root = document.documentElement;
  let top = 0;
  root.scrollTo = (options) => (top = options.top);
  root.scrollTop = 300;
  area.focus();
  assert.throws(sessionLost, AwayError);
  document.querySelector("#logged-out").focus();
  seesAnother();
  root.scrollTop = 0;
  seesAnother();
  assert.notEqual(document.activeElement, area);
  isHere();
  assert.deepEqual([document.activeElement, top], [area, 300]);
});

test("focus that the member has moved after closing a dialog stays", () => {
  area.focus();
  assert.throws(sessionLost, AwayError);
  document.querySelector("dialog[open]").close();
  area.blur();
  isHere();
  seesAnother();
  isHere();
  assert.equal(document.activeElement, document.body);
});

test("page without dialogs, such as an error page, reports the lost session", () => {
  document.querySelectorAll("dialog").forEach((dialog) => dialog.remove());
  assert.throws(sessionLost, AwayError);
});
