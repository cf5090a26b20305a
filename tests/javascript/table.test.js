// Tests of the table in keys.js: its shortcuts are exactly those that are handled, and that the dialog lists.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

openPage();
const { EFFECTS, keyOf, openShortcuts, press, showKeySwitch, SHORTCUTS } = await load("keys", "listing");
const PAGE = `<dialog id="keys"><input type="checkbox" data-single-keys><dl class="single"></dl><dl class="always"></dl>
  </dialog><dialog id="finder"></dialog><main><input type="checkbox" data-single-keys id="other"><form class="compose"><textarea></textarea></form></main>`;
const area = () => document.querySelector("textarea");
const switches = () => [...document.querySelectorAll("[data-single-keys]")];
const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent.trim());
const SHOWN = { ArrowUp: "↑", Escape: "Esc" };
document.addEventListener("keydown", press);

/** Presses a key of the table at an element. Returns the shortcuts that ran. */
function ran(name, target) {
  const found = [];
  const runs = SHORTCUTS.map(({ run }) => run);
  for (const shortcut of SHORTCUTS) if (shortcut.run) shortcut.run = () => found.push(shortcut);
  const [key, isCtrl] = [name.replace("Ctrl+", ""), name.startsWith("Ctrl+")];
  const shiftKey = /^[A-Z]$/.test(key);
  const event = { key, ctrlKey: isCtrl, shiftKey, bubbles: true, cancelable: true };
  target.dispatchEvent(new window.KeyboardEvent("keydown", event));
  SHORTCUTS.forEach((shortcut, place) => (shortcut.run = runs[place]));
  return found;
}

/** Where a key of the table has its effect, on this page. */
const placeOf = ({ keys, kind }) => (kind === "always" || keys[0] === "ArrowUp" ? area() : document.body);
const isForMessages = ({ keys }) => keys.includes("End"); // This page has none.
const handled = SHORTCUTS.filter((one) => one.run && !isForMessages(one));

beforeEach(() => {
  localStorage.clear();
  document.body.innerHTML = PAGE;
  showKeySwitch();
});

test("each key has one shortcut, and each shortcut says what it does", () => {
  const keys = SHORTCUTS.flatMap((one) => one.keys);
  assert.equal(new Set(keys).size, keys.length);
  for (const { keys, kind } of SHORTCUTS) assert.ok(EFFECTS[keys[0]] && /^(single|always)$/.test(kind));
  assert.equal(Object.keys(EFFECTS).length, SHORTCUTS.length);
});

test("table has the keys that members know from other programs", () => {
  const expected = "j k Enter G End p u r e ArrowUp U n i t / ? Ctrl+k Ctrl+Enter Escape";
  assert.equal(SHORTCUTS.flatMap((one) => one.keys).join(" "), expected);
});

test("every key of the table runs its own shortcut", () => {
  for (const shortcut of handled)
    for (const key of shortcut.keys) assert.deepEqual(ran(key, placeOf(shortcut)), [shortcut], key);
});

test("single keys in a field with text are text, and Ctrl+Enter and Escape are not", () => {
  area().value = "typed";
  for (const shortcut of handled)
    assert.equal(ran(shortcut.keys[0], area()).length, shortcut.kind === "always" ? 1 : 0, shortcut.keys[0]);
});

test("switch turns off every single key and no other", () => {
  const [box, other] = switches();
  box.checked = false;
  box.onchange();
  assert.equal(other.checked, false);
  for (const shortcut of handled)
    assert.equal(ran(shortcut.keys[0], placeOf(shortcut)).length, shortcut.kind === "always" ? 1 : 0);
});

test("switch of the account page turns the single keys off and on again", () => {
  const [box, other] = switches();
  for (const isOn of [false, true]) {
    other.checked = isOn;
    other.onchange();
    assert.deepEqual([box.checked, ran("j", document.body).length], [isOn, Number(isOn)]);
  }
});

test("single keys work while a check box has the focus", () => {
  assert.equal(ran("j", switches()[1]).length, 1);
});

test("dialog lists the shortcuts of the table in two groups", () => {
  openShortcuts();
  openShortcuts();
  for (const kind of ["single", "always"]) {
    const shortcuts = SHORTCUTS.filter((one) => one.kind === kind);
    assert.deepEqual(
      texts(`dl.${kind} dd`),
      shortcuts.map(({ keys }) => EFFECTS[keys[0]]),
    );
    const shown = shortcuts.map(({ keys }) => keys.flatMap((key) => key.split("+")).map((key) => SHOWN[key] ?? key));
    assert.deepEqual(
      texts(`dl.${kind} dt`),
      shown.map((parts) => parts.join(" ")),
    );
  }
  assert.deepEqual(texts("dl.always dt"), ["Ctrl k", "Ctrl Enter", "Esc"]);
  assert.equal(document.querySelector("dialog").open, true);
});

test("key with a modifier is another key", () => {
  assert.equal(keyOf({ key: "j", altKey: true }), "Alt+j");
  assert.equal(keyOf({ key: "End", shiftKey: true }), "Shift+End");
  assert.equal(keyOf({ key: "Enter", metaKey: true }), "Ctrl+Enter");
  assert.equal(keyOf({ key: "g", shiftKey: true }), "G"); // Caps Lock and Shift.
});
