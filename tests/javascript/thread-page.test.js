// Tests of target.js and departed.js on a page of a thread.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage, serve } from "./page.js";

let answers;
const LIST = `<ol class="messages" data-conversation="3" data-thread="1" data-with="bob" data-version="v">
  <li class="message indent-0" id="m1" data-depth="0">
  <span class="meta"><a class="quiet" href="/chats/message/1/">now</a></span><div class="content"></div><span class="actions"></span></li></ol>`;
openPage(`<h1>Cloth</h1><main>${LIST}</main><p id="connection"></p>`, { url: await serve(() => answers.shift()) });
const { checkCounterpart, findTarget, refreshMessages } = await load("counterpart", "target", "thread");

test("address of a message that is not on the page of the thread opens its page of the thread", async () => {
  const opened = [];
  const { fetch } = globalThis;
  globalThis.fetch = async () => ({ type: "opaqueredirect" });
  window.location.replace = (address) => opened.push(address);
  history.replaceState(null, "", "#m99");
  findTarget();
  await new Promise((done) => setTimeout(done));
  globalThis.fetch = fetch;
  assert.deepEqual(opened, ["/?at=99#m99"]);
});

test("heading and title follow an edit of the first message", async () => {
  answers = [{ body: `<title>Linen · Bobbin</title><h1>Linen</h1>${LIST}` }];
  await refreshMessages([1]);
  assert.deepEqual([document.querySelector("h1").textContent, document.title], ["Linen", "Linen · Bobbin"]);
});

test("rename leaves the URL of a thread as it is", async () => {
  const now = { conversation: 3, name: "robert", is_active: false, address: "/chats/with/robert/", made: "t" };
  answers = [{ body: now }, { status: 404 }];
  await checkCounterpart();
  assert.equal(document.querySelector(".news").textContent.trim(), "bob is now called robert.");
  assert.equal(location.pathname, "/");
});
