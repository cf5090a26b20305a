// Tests of sending.js on the page of a new message and on the page of an edit, which a send leaves.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve } from "./page.js";

let answer;
openPage("", { url: await serve(() => answer) });
const { submit: send } = await load("sending");
const stored = (draft) => JSON.parse(localStorage.getItem(`draft 7 ${draft}`));
const ACCEPTED = { status: 200, headers: { "X-Accepted": "old", Location: "/chats/message/5/" } };
let form, area, left;

/** Shows the page of a form. */
function open(draft) {
  const text = draft.startsWith("edit") ? "before" : "";
  document.body.innerHTML = `
    <form class="compose" action="${location.origin}/send/" data-draft="${draft}">
      <input type="hidden" name="client_id" value="old"><input name="to" value="bo"><textarea>${text}</textarea>
    </form>`;
  form = document.querySelector("form");
  area = form.querySelector("textarea");
  area.value = "typed";
}

async function submit(response) {
  answer = response;
  await send(form, null);
}

beforeEach(() => {
  localStorage.clear();
  left = undefined;
  window.location.assign = (address) => (left = address);
});

test("accepted message leaves an empty form with another id behind, for Back", async () => {
  open("new:");
  await submit(ACCEPTED);
  assert.deepEqual([left, area.value, stored("new:")], ["/chats/message/5/", "", null]);
  assert.notEqual(form.elements.client_id.value, "old");
});

test("accepted edit leaves its form as it is", async () => {
  open("edit:5");
  await submit(ACCEPTED);
  assert.deepEqual([left, area.value, form.elements.client_id.value], ["/chats/message/5/", "typed", "old"]);
});

const REFUSED = `<form class="compose" data-draft="new:"><input type="hidden" name="client_id" value="new">
  <input name="to" value="bo" aria-invalid="true"><textarea>typed</textarea></form>`;

test("form of a refused message replaces the old one, with its draft and the focus on the error", async () => {
  const processed = [];
  window.htmx = { process: (element) => processed.push(element) };
  open("new:bob");
  await submit({ status: 422, body: REFUSED });
  const fresh = document.querySelector("form");
  assert.deepEqual([fresh.isConnected, form.isConnected, fresh.dataset.draft], [true, false, "new:bob"]);
  assert.deepEqual([stored("new:bob").text, stored("new:bob").id], ["typed", undefined]);
  assert.equal(document.activeElement, fresh.elements.to);
  assert.deepEqual(processed, [fresh]);
});

test("form without an invalid field gets the focus in its text", async () => {
  open("new:");
  await submit({ status: 422, body: REFUSED.replace('aria-invalid="true"', "") });
  assert.equal(document.activeElement, document.querySelector("textarea"));
});

test("refused edit begins from the present text, or from the old one without a conflict", async () => {
  for (const [shown, begin] of [
    ["", "before"],
    ['<div class="stands"><div class="content">from elsewhere</div></div>', "from elsewhere"],
  ]) {
    open("edit:5");
    await submit({ status: 422, body: `<form class="compose">${shown}<textarea>typed</textarea></form>` });
    const { defaultValue, value } = document.querySelector("textarea");
    assert.deepEqual([defaultValue, value], [begin, "typed"]);
  }
});
