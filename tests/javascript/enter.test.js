// The first key of a page loads its module. Enter waits for it, because the key moves the focus.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

const LIST = `<ol id="rows" class="rows"><li><a href="/chats/with/bob/">bob</a></li></ol>
  <input type="checkbox" data-single-keys checked>`;
openPage(LIST);
const { press, showKeySwitch } = await load("keys");
globalThis.innerHeight = 150;
HTMLElement.prototype.scrollIntoView = () => {};
HTMLElement.prototype.getBoundingClientRect = () => ({ top: 0, bottom: 50 });

test("Enter right after the first j opens the row", async () => {
  showKeySwitch();
  const opened = [];
  document.querySelector("a").onclick = ({ currentTarget }) => !opened.push(currentTarget.pathname);
  for (const key of ["j", "Enter"]) {
    const event = new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    document.body.addEventListener("keydown", press, { once: true });
    document.body.dispatchEvent(event);
    assert.equal(event.defaultPrevented, true);
  }
  for (let turn = 0; !opened.length && turn < 1000; turn += 1) await new Promise((done) => setImmediate(done));
  assert.deepEqual(opened, ["/chats/with/bob/"]);
});
