// Tests of finder.js: a dialog that was closed while its module was loading.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage, serve, settle } from "./page.js";

let requests = 0;
const url = await serve(() => {
  requests += 1;
  return { body: '<div id="finder-rows"></div>' };
});
openPage('<dialog id="finder"><input></dialog>', { url: `${url}/chats/` });
const field = document.querySelector("input");
field.value = "b";
const { startFinder } = await load("finder");

test("closed finder asks for nothing and keeps nothing that was typed", async () => {
  startFinder(true);
  await settle();
  assert.deepEqual([requests, field.value], [0, ""]);
});

test("open finder asks for the letters that were typed before", async () => {
  document.querySelector("dialog").showModal();
  field.value = "b";
  startFinder(false);
  await settle();
  assert.equal(requests, 1);
});
