// Tests of beginning.js: a conversation takes the draft from the time before its first message.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve } from "./page.js";

/** A token as chats/made_for.py makes it. */
const tokenOf = (account) => {
  const values = { at: 1792886400.5, name: "5c7d2a90b1e3f468", account };
  return `${Buffer.from(JSON.stringify(values)).toString("base64url")}:1vHxyz:signature`;
};
let answer;
const url = await serve(() => ({ body: answer }));
openPage(
  `<ol class="messages" data-conversation="3" data-with="Bob"></ol>
  <form class="compose" data-draft="conversation:3"><input name="client_id"><textarea></textarea></form>`,
  { url: `${url}/chats/with/Bob/`, state: "/state/" },
);
const { draftFor, takeBeginning } = await load("beginning", "drafts");
const area = document.querySelector("textarea");

function store(about, draft) {
  localStorage.setItem(`draft 7 ${about}`, JSON.stringify({ at: Date.now(), ...draft }));
}

beforeEach(() => {
  localStorage.clear();
  area.value = "";
  answer = { conversation: 3, name: "Bob", is_active: true, made: tokenOf("aa11") };
  store("with:bob", { text: "half a greeting", made: tokenOf("aa11") });
});

test("draft from before the first message moves to the conversation and its form", async () => {
  await takeBeginning("with:bob");
  assert.deepEqual([area.value, draftFor("with:bob")], ["half a greeting", null]);
  assert.equal(draftFor("conversation:3").text, "half a greeting");
});

test("draft to the earlier owner of a name is not shown to the present one", async () => {
  answer.made = tokenOf("bb22");
  await takeBeginning("with:bob");
  assert.deepEqual([area.value, draftFor("conversation:3")], ["", null]);
  assert.equal(draftFor("with:bob").text, "half a greeting");
});

for (const made of [undefined, "", tokenOf()])
  test(`draft without an account stays where it is: ${made}`, async () => {
    store("with:bob", { text: "half a greeting", made });
    answer.made = tokenOf();
    await takeBeginning("with:bob");
    assert.deepEqual([area.value, draftFor("with:bob").text], ["", "half a greeting"]);
  });

test("draft of the conversation is not replaced", async () => {
  store("conversation:3", { text: "newer" });
  await takeBeginning("with:bob");
  assert.deepEqual([draftFor("conversation:3").text, draftFor("with:bob").text], ["newer", "half a greeting"]);
});

test("draft of a conversation that was erased stays", async () => {
  answer = { conversation: null };
  await takeBeginning("with:bob");
  assert.equal(draftFor("with:bob").text, "half a greeting");
});
