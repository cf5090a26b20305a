// Tests of keys.js: the character of a shortcut on several keyboard layouts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

openPage();
const { keyOf } = await load("keys");

test("letter is the character of the layout and not of the physical key", () => {
  assert.equal(keyOf({ key: "j", code: "KeyC", shiftKey: false }), "j"); // Dvorak.
});

test("letter of another script is the physical key", () => {
  assert.equal(keyOf({ key: "ξ", code: "KeyJ", shiftKey: false }), "j");
  assert.equal(keyOf({ key: "о", code: "KeyJ", shiftKey: false }), "j");
  assert.equal(keyOf({ key: "ח", code: "KeyJ", shiftKey: false }), "j");
});

test("letter of another script with Shift is the capital letter of the key", () => {
  assert.equal(keyOf({ key: "Γ", code: "KeyG", shiftKey: true }), "G");
});

test("letter of another script on a key without a letter is no shortcut", () => {
  for (const code of ["Semicolon", "BracketLeft", "Quote", "Backquote", "Unknown"])
    assert.equal(keyOf({ key: "ж", code, shiftKey: false }), "");
});

test("Caps Lock is ignored and Shift is not", () => {
  const getModifierState = (name) => name === "CapsLock";
  assert.equal(keyOf({ key: "J", code: "KeyJ", shiftKey: false, getModifierState }), "j");
  assert.equal(keyOf({ key: "j", code: "KeyJ", shiftKey: true, getModifierState }), "J");
  assert.equal(keyOf({ key: "J", code: "KeyJ", shiftKey: false }), "J"); // As an input method or a tool may send it.
  assert.equal(keyOf({ key: "J", code: "KeyJ", shiftKey: true }), "J");
});

test("question mark needs Shift on some layouts", () => {
  assert.equal(keyOf({ key: "?", code: "Slash", shiftKey: true }), "?");
});

test("event without a key, as from a password manager, is no shortcut", () => {
  assert.equal(keyOf({ code: "", shiftKey: false }), "");
});
