// Tests of forms.js: suggested names, and forms of messages that are gone.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve } from "./page.js";

let answers, left;
const url = await serve((request) => answers[request.url.split("?")[0]] ?? { status: 404 });
const LIST = '<ol class="messages" data-conversation="3" data-with="bob" data-active></ol>';
openPage(`<main>${LIST}</main><span id="connection"></span>`, { url: `${url}/chats/with/bob/` });
const { fillName, openForm } = await load("forms");
const NOW = { conversation: 3, name: "bob", is_active: true, address: "/chats/with/bob/", made: "t" };
const row = () => document.querySelector("li");
const open = () => openForm(row().querySelector("a"), row());

beforeEach(() => {
  answers = { "/chats/counterpart/": { body: NOW } };
  left = undefined;
  window.location.assign = (address) => (left = address);
  document.querySelectorAll("form").forEach((form) => form.remove());
  document.querySelector("ol").innerHTML = `<li class="message" id="m2">
    <p class="content">text</p><a href="/chats/message/2/reply/">Reply</a></li>`;
});

test("link of a message that is gone is followed", async () => {
  await open();
  assert.equal(left, `${url}/chats/message/2/reply/`);
});

test("page with an open form stays when another message is gone, and says so", async () => {
  document.body.insertAdjacentHTML("beforeend", '<form class="compose"><textarea>half</textarea></form>');
  document.querySelector("textarea").value = "half a text";
  await open();
  assert.equal(left, undefined);
  assert.equal(document.querySelector("#connection").textContent, "This message is no longer there.");
});

test("suggested name fills in the field, is stored, and is noticed like a typed one", () => {
  localStorage.clear();
  document.body.insertAdjacentHTML(
    "beforeend",
    `<form class="compose" data-draft="new:"><p class="errorlist">no such name</p><input name="to" value="bo">
      <fieldset class="similar"></fieldset><textarea></textarea><button value="bob"></button></form>`,
  );
  const form = document.querySelector("form");
  let changes = 0;
  document.addEventListener("change", () => (changes += 1), { once: true });
  fillName({ form, value: "bob" });
  assert.deepEqual([form.elements.to.value, changes], ["bob", 1]);
  assert.equal(form.querySelector(".errorlist, .similar"), null);
  assert.equal(JSON.parse(localStorage.getItem("draft 7 new:")).to, "bob");
  assert.equal(document.activeElement, form.querySelector("textarea"));
});

// The last test: it changes the counterpart of this page.
test("link of a message that is gone with its account is not followed", async () => {
  answers["/chats/counterpart/"] = { body: { conversation: null } };
  await open();
  assert.equal(left, undefined);
  assert.match(document.querySelector(".news").textContent, /^bob’s account was deleted/);
});
