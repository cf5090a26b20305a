// Tests of keeping.js: an open form is never lost by a reload, a link or a deleted message.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

openPage();
const { anotherMember, fail, isHere, leave, reload, removeErrors, removeRow, resumeSending } = await load(
  "away",
  "keeping",
);
let reloads, left;
const form = () => document.querySelector("form");
const FORM = '<form class="compose"><textarea></textarea><button type="submit">Send</button></form>';

beforeEach(() => {
  [reloads, left] = [0, undefined];
  window.location.reload = () => (reloads += 1);
  window.location.assign = (address) => (left = address);
  document.body.innerHTML = `<span id="connection"></span>
    <ol><li class="message"><p class="content">text</p><p class="actions">Reply</p></li></ol>${FORM}`;
});

test("page without an open form is reloaded and left", () => {
  reload("gone");
  leave("/chats/", "stay");
  assert.deepEqual([reloads, left, document.querySelector(".failed")], [1, "/chats/", null]);
});

test("page with an open form is not reloaded: the form is stopped and says why", () => {
  form().elements[0].value = "typed";
  reload("These messages are gone.");
  assert.deepEqual([reloads, form().dataset.stopped, form().querySelector("button").disabled], [0, "yes", true]);
  const line = document.querySelector(".failed");
  assert.deepEqual([line.textContent, line.role], ["These messages are gone. You can still copy your text.", "alert"]);
});

test("page that is hidden from another member is not reloaded", () => {
  form().elements[0].value = "typed";
  assert.throws(anotherMember);
  reload("These messages are gone.");
  assert.equal(reloads, 0);
  isHere();
  assert.equal(form().elements[0].value, "typed");
});

test("page that is hidden from another member is not left, so that its texts stay", () => {
  form().elements[0].value = "typed";
  assert.throws(anotherMember);
  leave("/chats/", "stay");
  assert.equal(left, undefined);
  isHere();
});

test("stopped form can send again after it was resumed", () => {
  form().elements[0].focus();
  reload("gone");
  resumeSending(form());
  assert.deepEqual([form().dataset.stopped, form().querySelector("button").disabled], [undefined, false]);
  assert.equal(document.querySelector(".failed"), null);
});

/** Returns the texts of the errors of the form after a field of it was changed. */
function errorsAfterInput(selector) {
  removeErrors({ target: document.querySelector(selector) });
  return [...document.querySelectorAll(".errorlist, .failed")].map((error) => error.textContent);
}

test("change of a field removes its errors and what became of the earlier text, and no others", () => {
  form().innerHTML = `<p class="errorlist">of no field</p><input name="to"><p class="errorlist" id="id_to_error">to</p>
    <textarea name="content" aria-invalid="true"></textarea><p class="errorlist" id="id_content_error">too long</p>`;
  fail(form(), "Not sent");
  assert.deepEqual(errorsAfterInput("textarea"), ["of no field", "to"]);
  assert.ok(!document.querySelector("textarea").hasAttribute("aria-invalid"));
  assert.deepEqual(errorsAfterInput("input"), ["of no field"]);
});

test("change of a text keeps the reason why nothing can be sent", () => {
  form().elements[0].value = "typed";
  reload("gone");
  assert.deepEqual(errorsAfterInput("textarea"), ["gone You can still copy your text."]);
});

test("page with an open form is not left, and says so", () => {
  form().elements[0].value = "typed";
  leave("/chats/", "It is on a later page.");
  assert.deepEqual([left, document.querySelector("#connection").textContent], [undefined, "It is on a later page."]);
});

test("page whose composer has the focus and no text is left", () => {
  form().classList.add("composer");
  form().elements[0].focus();
  leave("/chats/", "stay");
  assert.equal(left, "/chats/");
});

test("row of a deleted message disappears, or stays with its open form and without its text", () => {
  const row = document.querySelector("li");
  row.insertAdjacentHTML("beforeend", FORM);
  row.querySelector("textarea").value = "half a reply";
  removeRow(row);
  assert.ok(row.isConnected && row.matches(".is-deleted"));
  assert.equal(row.querySelector(".content").textContent, "This message was deleted.");
  assert.equal(row.querySelector(".actions"), null);
  assert.equal(row.querySelector("textarea").value, "half a reply");
  assert.equal(form().closest("li"), row);
  row.querySelector("form").remove();
  removeRow(row);
  assert.equal(row.isConnected, false);
});
