// Tests of pill.js: how many new messages are outside the window.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

openPage('<main><ol class="messages" data-conversation="3"></ol></main>');
const listeners = {};
Object.assign(globalThis, {
  innerHeight: 100,
  requestAnimationFrame: (work) => work(),
  addEventListener: (kind, work) => (listeners[kind] = work),
});
const { watchArrivals } = await load("pill");
const list = document.querySelector("ol");
const pill = () => document.querySelector(".pill");
const text = () => (pill()?.hidden === false ? pill().textContent : null);

/** Adds a row of 20 pixels at this place in the window. */
function rowAt(id, top) {
  list.insertAdjacentHTML("beforeend", `<li class="message is-new" id="m${id}"></li>`);
  const row = list.lastElementChild;
  row.top = top;
  row.getBoundingClientRect = () => ({ top: row.top, bottom: row.top + 20 });
  return row;
}
const next = () => new Promise((done) => setTimeout(done, 5));
async function arrive(...rows) {
  watchArrivals(rows);
  await next();
}

beforeEach(async () => {
  list.replaceChildren();
  listeners.scroll?.();
  await next();
});

test("message in view needs no button", async () => {
  await arrive(rowAt(1, 50));
  assert.equal(text(), null);
});

test("messages below the window are counted until they are in view", async () => {
  const [one, other] = [rowAt(1, 110), rowAt(2, 130)];
  await arrive(one);
  await arrive(other);
  assert.equal(text(), "↓ 2 new");
  one.top = 70;
  listeners.scroll();
  await next();
  assert.equal(text(), "↓ 1 new");
  other.top = 90;
  listeners.resize();
  await next();
  assert.equal(text(), null);
});

test("arrow shows the side of the first message", async () => {
  await arrive(rowAt(1, -50), rowAt(2, 130));
  assert.equal(text(), "↑ 2 new");
});

test("deleted message is not counted", async () => {
  const row = rowAt(1, 110);
  await arrive(row);
  row.remove();
  listeners.scroll();
  await next();
  assert.equal(text(), null);
});

test("button goes to the first message and moves the focus to it", async () => {
  const rows = [rowAt(1, 110), rowAt(2, 130)];
  const scrolled = [];
  for (const row of rows) row.scrollIntoView = () => scrolled.push(row.id);
  await arrive(...rows);
  pill().click();
  assert.deepEqual([scrolled, document.activeElement], [["m1"], rows[0]]);
});
