// Tests of finder.js and keys.js: a dialog that was closed while the module of the finder was loading.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage, serve, settle } from "./page.js";

let requests = 0;
const url = await serve(() => {
  requests += 1;
  return { body: '<div id="finder-rows"><a href="/chats/with/bob/">bob</a></div>' };
});
openPage('<dialog id="finder"><input></dialog>', { url: `${url}/chats/` });
const field = document.querySelector("input");
field.value = "b";
const { openFinder, startFinder } = await load("finder", "keys");

test("closed finder asks for nothing and keeps nothing that was typed", async () => {
  startFinder(true);
  await settle();
  assert.deepEqual([requests, field.value], [0, ""]);
});

test("Enter of an earlier opening opens no row in a later one", async () => {
  const opened = [];
  document.addEventListener("click", (event) => event.target.matches("a") && opened.push(event.target.href));
  openFinder();
  field.dispatchEvent(new window.KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  document.querySelector("dialog").close();
  openFinder();
  field.value = "b";
  await settle();
  assert.deepEqual([document.querySelectorAll("dialog a").length, opened], [1, []]);
  document.querySelector("dialog").close();
  requests = 0;
});

test("open finder asks for the letters that were typed before", async () => {
  document.querySelector("dialog").showModal();
  field.value = "b";
  startFinder(false);
  await settle();
  assert.equal(requests, 1);
});
