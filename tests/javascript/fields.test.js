// Tests of fields.js: the name of a button beside a field begins with its text, and a password is sent hidden.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

const parts = (verb, label) =>
  `<span aria-hidden="true">${verb}</span><span class="sr"><span>${verb}</span>: ${label}</span>`;
openPage(`<form><input id="one" type="password">
  <button type="button" data-shows="one">${parts("Show", "Password")}</button>
  <input id="link" value="https://bobbin.test/">
  <button type="button" data-copies="link">${parts("Copy", "the link")}</button></form>`);
await load("fields");
const [show, copy] = document.querySelectorAll("button");
const field = document.querySelector("#one");
const now = (button) => [...button.children].map(({ textContent }) => textContent);

test("button shows and hides the password", () => {
  show.click();
  assert.deepEqual([field.type, ...now(show)], ["text", "Hide", "Hide: Password"]);
  show.click();
  assert.deepEqual([field.type, ...now(show)], ["password", "Show", "Show: Password"]);
});

test("shown password is hidden before the form is sent", () => {
  show.click();
  show.form.dispatchEvent(new Event("submit", { bubbles: true }));
  assert.deepEqual([field.type, ...now(show)], ["password", "Show", "Show: Password"]);
});

test("button says that the link was copied", async () => {
  const copied = [];
  navigator.clipboard = { writeText: async (text) => copied.push(text) };
  copy.click();
  await new Promise((done) => setImmediate(done));
  assert.deepEqual([copied, ...now(copy)], [["https://bobbin.test/"], "Copied", "Copied: the link"]);
});
