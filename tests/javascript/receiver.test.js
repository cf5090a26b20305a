// Tests of departed.js on the page of a new message, whose counterpart is the member with the typed name.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve, settle } from "./page.js";

let answers = {};
let [requested, states] = [[], 0];
const url = await serve((request) => {
  if (request.url === "/state/") {
    states += 1;
    return { body: { generation: null } };
  }
  const name = new URLSearchParams(request.url.split("?")[1]).get("to");
  requested.push(name ?? "conversation");
  return answers[name ?? "conversation"] ?? { body: { conversation: null } };
});
openPage(
  `<main><form class="compose" data-draft="new:"><input name="to" value=""><input type="hidden" name="made" value="t1">
    <textarea>half a text</textarea><button type="submit">Send</button></form></main>`,
  { url: `${url}/chats/new/`, state: "/state/" },
);
const { checkCounterpart, checkState, onEvent, watchReceiver } = await load("counterpart", "events", "departed");
const form = document.querySelector("form");
const field = form.elements.to;
const state = (name, is_active = true) => ({
  body: { conversation: 3, name, is_active, address: `/chats/with/${name}/`, made: "t2" },
});
const news = () => document.querySelector(".news")?.textContent.trim();
const isStopped = () => form.querySelector("button").disabled;
answers.dora = state("dora", false);
field.value = "dora"; // From the address of the page, or from a draft.
watchReceiver();
await load("departed"); // As watchReceiver does.
await settle();
const atStart = news();

/** Types a name into the field, and leaves it. */
async function choose(name) {
  field.value = name;
  for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  await settle();
}

beforeEach(async () => {
  answers = { bob: state("bob"), dora: state("dora", false) };
  await choose("");
  requested = [];
});

test("name that is in the field when the page opens is looked up", () => {
  assert.match(atStart, /^dora’s account is deactivated/);
});

test("check for changes looks up the member with the typed name, and an event about messages does not", async () => {
  await choose("bob");
  [requested, answers.conversation] = [[], state("bob")];
  await checkState();
  assert.deepEqual(requested, ["conversation"]);
  const before = states;
  onEvent({ kind: "counted" }); // Its handling ends with a request for the state.
  while (states === before) await settle();
  assert.deepEqual(requested, ["conversation"]);
});

test("name is looked up once, and a member who can be written to changes nothing", async () => {
  await choose("bob");
  await choose("bob");
  assert.deepEqual([requested, news(), isStopped()], [["bob"], undefined, false]);
});

test("deactivated member stops the form until another name is typed", async () => {
  await choose("dora");
  assert.equal(news(), "dora’s account is deactivated: nobody can write to them. You can choose another name.");
  assert.equal(form.querySelector(".failed").textContent, "Choose another name to send this.");
  field.dispatchEvent(new Event("input", { bubbles: true })); // The same name.
  assert.equal(isStopped(), true);
  field.value = "bo";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  assert.deepEqual([isStopped(), news()], [false, undefined]);
});

test("response for a name that is no longer in the field is ignored", async () => {
  field.value = "dora";
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.value = "someone";
  await settle();
  assert.deepEqual([news(), isStopped()], [undefined, false]);
});

test("name that could not be looked up is accepted", async () => {
  answers.bob = { status: 503 };
  await choose("bob");
  assert.equal(isStopped(), false);
});

test("rename fills in the new name and its token, and stores them in the draft", async () => {
  await choose("bob");
  answers.conversation = state("robert");
  await checkCounterpart();
  assert.deepEqual([news(), field.value, form.elements.made.value], ["bob is now called robert.", "robert", "t2"]);
  assert.equal(JSON.parse(localStorage.getItem("draft 7 new:")).to, "robert");
  assert.equal(location.pathname, "/chats/new/");
});

test("checks at the same time ask once, and announce a rename once", async () => {
  await choose("bob");
  answers.conversation = state("robert");
  requested = [];
  assert.deepEqual(await Promise.all([checkCounterpart(), checkCounterpart()]), [true, true]);
  assert.deepEqual([requested, news()], [["conversation"], "bob is now called robert."]);
});

test("rename does not replace a name that is being typed", async () => {
  await choose("bob");
  field.value = "someone";
  answers.conversation = state("robert");
  await checkCounterpart();
  assert.deepEqual([news(), field.value], ["bob is now called robert.", "someone"]);
});

test("erased member stops the form, keeps the text, and another name can be chosen", async () => {
  await choose("bob");
  answers.conversation = undefined;
  await checkCounterpart();
  assert.match(news(), /^bob’s account was deleted/);
  assert.deepEqual([isStopped(), form.querySelector("textarea").value], [true, "half a text"]);
  await choose("carl");
  assert.equal(isStopped(), false);
  assert.equal(await checkCounterpart(), false);
});
