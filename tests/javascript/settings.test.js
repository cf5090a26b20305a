// Tests of settings.js: a log-out asks before it loses messages or drafts.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

openPage(`<form id="log-out"><button class="first">Log out</button><dialog id="losses"><div></div>
  <button class="anyway">Log out anyway</button><button type="button">Stay</button></dialog></form>`);
globalThis.MutationObserver = window.MutationObserver;
await load("settings");
const dialog = document.querySelector("dialog");

function store(key, text) {
  localStorage.setItem(`draft 7 ${key}`, JSON.stringify({ id: key, text, at: Date.now() }));
}

/** Returns whether the form is sent. */
function press(selector) {
  const submitter = document.querySelector(selector);
  return submitter.form.dispatchEvent(new window.SubmitEvent("submit", { submitter, cancelable: true }));
}

beforeEach(() => {
  localStorage.clear();
  dialog.close();
});

test("log-out without messages and drafts asks nothing", () => {
  store("conversation:3", " ");
  assert.deepEqual([press(".first"), dialog.open], [true, false]);
});

for (const [count, said] of [
  [1, ["1 message has not been sent yet and will be lost.", "1 draft will be deleted."]],
  [2, ["2 messages have not been sent yet and will be lost.", "2 drafts will be deleted."]],
])
  test(`log-out asks before it loses messages and drafts: ${count}`, () => {
    for (let number = 0; number < count; number++) {
      store(`unsent:${number}`, "typed");
      store(`conversation:${number}`, "typed");
    }
    assert.deepEqual([press(".first"), dialog.open], [false, true]);
    assert.deepEqual(
      [...dialog.querySelectorAll("p")].map(({ textContent }) => textContent),
      said,
    );
    assert.equal(press(".anyway"), true);
    document.querySelector('[type="button"]').click();
    assert.equal(dialog.open, false);
  });
