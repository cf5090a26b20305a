// Tests of keeping.js: an open form is never lost by a reload, a link or a deleted message.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

openPage();
const { anotherMember, isHere, leave, reload, removeRow, resumeSending } = await load("away", "keeping");
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
