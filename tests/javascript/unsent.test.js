// Tests of unsent.js, queue.js and pending.js: the row and the queue of a message until the server has accepted it.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve, settle } from "./page.js";

let answers, posts;
const url = await serve(({ method, url: path }) => {
  if (method === "POST") posts += 1;
  return method === "POST" ? answers.shift() : (pages[path.split("?")[0]] ?? { status: 404 });
});
const pages = {};
const LIST = (rows = "") => `<ol class="messages" data-conversation="3" data-with="bob" data-version="w">${rows}</ol>`;
openPage(
  `<main>${LIST()}</main><p id="connection"></p><div id="arrivals"></div><dialog id="logged-out"></dialog>
  <dialog id="another-member" class="cover"></dialog>`,
  {
    url: `${url}/chats/with/bob/`,
    state: "/state/",
  },
);
HTMLElement.prototype.scrollIntoView = () => {};
const { anotherMember, isHere, queued, sendAll, sendText, settled, showAllRefused, store, merge } = await load(
  "away",
  "unsent",
  "queue",
  "thread",
);
const { setTimeout: after } = globalThis;
globalThis.setTimeout = (...given) => after(...given).unref(); // The queue tries again later than these tests.
const list = document.querySelector("ol");
let form, area;

const accept = (id) => ({ status: 204, headers: { "X-Accepted": id, Location: "/chats/message/5/" } });
const rowOf = (id, text) => `<li class="message is-mine" id="m${id}"><p class="meta">
  <span class="who">You</span></p><div class="content">${text}</div></li>`;
const shown = () => [...list.children].map((row) => row.querySelector(".content").textContent);
const progress = () => list.querySelector(".progress")?.textContent;
const button = (name) => [...list.querySelectorAll("button")].find(({ textContent }) => textContent === name);
const id = () => form.elements.client_id.value;

async function send(text) {
  area.value = text;
  sendText(form);
  await settle();
}

async function acceptAll() {
  answers = queued().map((message) => accept(message.id));
  sendAll();
  await settle();
}

beforeEach(() => {
  localStorage.clear();
  for (const part of [list, document.querySelector("#arrivals")]) part.replaceChildren();
  document.querySelectorAll("form, nav").forEach((part) => part.remove());
  document.querySelector("main").insertAdjacentHTML(
    "beforeend",
    `<form class="compose composer" action="${location.origin}/send/" data-draft="conversation:3">
      <input type="hidden" name="csrfmiddlewaretoken" value="t"><input type="hidden" name="client_id" value="first">
      <input type="hidden" name="to" value="bob"><textarea name="content"></textarea><button>Send</button></form>`,
  );
  form = document.querySelector("form");
  area = form.querySelector("textarea");
  [answers, posts] = [[], 0];
  pages["/chats/with/bob/"] = { body: LIST(rowOf(5, "typed")) };
  pages["/state/"] = { body: { unread: 0, notifications: 0, generation: "g" } };
});

test("text is shown before the response, and its form is empty and has another id", async () => {
  answers = [accept("first")];
  area.value = "typed";
  sendText(form);
  assert.deepEqual([shown(), area.value], [["typed"], ""]);
  assert.match(id(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual(
    queued().map((message) => [message.id, message.text]),
    [["first", "typed"]],
  );
  await settle();
});

test("accepted text is one row of the page, and has left the queue", async () => {
  answers = [accept("first")];
  await send("typed");
  assert.deepEqual([list.children.length, list.firstElementChild.id], [1, "m5"]);
  assert.equal(list.querySelector(".sent").textContent, "sent");
  assert.deepEqual([queued(), document.querySelector("#arrivals").textContent], [[], "Sent"]);
});

test("blank text is not sent", async () => {
  await send(" \n");
  assert.deepEqual([posts, list.children.length], [0, 0]);
});

test("stopped form sends nothing and keeps its text", async () => {
  form.dataset.stopped = "yes";
  await send("typed");
  assert.deepEqual([posts, area.value], [0, "typed"]);
});

for (const answer of [{ status: 0 }, { status: 500 }, { status: 503 }, { status: 429 }, { status: 200, body: "x" }])
  test(`text waits with Retry and Discard, and is sent once: ${answer.status}`, async () => {
    answers = [answer, accept("first")];
    await send("typed");
    assert.deepEqual([progress(), queued().length, area.value], ["Not sent yet", 1, ""]);
    assert.deepEqual([button("Retry").hidden, button("Discard").hidden], [false, false]);
    assert.notEqual(document.querySelector("#connection").textContent, "");
    button("Retry").click();
    await settle();
    assert.deepEqual([shown(), posts, queued()], [["typed"], 2, []]);
    assert.equal(document.querySelector("#connection").textContent, "");
  });

test("texts are sent in order", async () => {
  answers = [{ status: 0 }, { status: 0 }];
  await send("typed");
  const second = id();
  await send("and more");
  assert.deepEqual(shown(), ["typed", "and more"]);
  pages["/chats/with/bob/"] = { body: LIST(rowOf(5, "typed") + rowOf(6, "and more")) };
  answers = [accept("first"), { ...accept(second), headers: { "X-Accepted": second, Location: "/chats/message/6/" } }];
  sendAll();
  await settle();
  assert.deepEqual([shown(), queued(), answers], [["typed", "and more"], [], []]);
  assert.equal(list.querySelectorAll(".is-unsent").length, 0);
});

test("discarded text is gone", async () => {
  answers = [{ status: 0 }];
  await send("typed");
  button("Discard").click();
  assert.deepEqual([shown(), queued()], [[], []]);
});

const REFUSED = `<form class="compose"><input name="client_id" value="new"><input type="hidden" name="to" value="robert">
  <p class="errorlist">bob is now called robert</p><textarea>typed</textarea></form>`;

test("refused text comes back to its form with the errors, the id and the receiver of the response", async () => {
  answers = [{ status: 422, body: REFUSED }];
  await send("typed");
  assert.deepEqual([area.value, id(), form.elements.to.value], ["typed", "new", "robert"]);
  assert.equal(form.querySelector(".errorlist").textContent, "bob is now called robert");
  assert.deepEqual([shown(), queued()], [[], []]);
  assert.equal(JSON.parse(localStorage.getItem("draft 7 conversation:3")).text, "typed");
});

for (const [status, advice] of [
  [404, "you can copy it"],
  [413, "shorten it and send it again"],
])
  test(`text comes back with advice after the status ${status}`, async () => {
    answers = [{ status, body: "<h1>That did not work</h1>" }];
    await send("typed");
    assert.equal(form.querySelector(".failed").textContent, `That did not work. Your text is kept; ${advice}.`);
    assert.deepEqual([area.value, shown(), queued()], ["typed", [], []]);
  });

test("refused text leaves another text in the form alone, and is sent to the new name by Retry", async () => {
  answers = [{ status: 422, body: REFUSED }];
  area.value = "typed";
  sendText(form);
  area.value = "something else";
  await settle();
  assert.deepEqual([area.value, progress()], ["something else", "Not sent: bob is now called robert"]);
  assert.deepEqual([queued()[0].fields.to, queued()[0].why], ["robert", "bob is now called robert"]);
  answers = [accept("first")];
  button("Retry").click();
  await settle();
  assert.deepEqual([shown(), queued(), area.value], [["typed"], [], "something else"]);
});

const line = document.querySelector("#connection");

/** A message in the storage, as another tab has left it there. */
const storeOther = (values) =>
  store({
    ...{ id: "other", text: "typed", at: Date.now(), draft: "conversation:3", action: `${location.origin}/send/` },
    ...{ fields: {}, conversation: "3", tab: "another", ...values },
  });

test("refused text of another tab is a row with the reason, and not in the form of this tab", async () => {
  answers = [{ status: 413, body: "<h1>Too long</h1>" }];
  storeOther();
  sendAll();
  await settle();
  assert.deepEqual([area.value, progress(), queued()[0].why], ["", "Not sent: Too long", "Too long"]);
});

test("text of this tab that another tab has sent and the server has refused comes back", async () => {
  answers = [{ status: 0 }];
  await send("typed");
  store({ ...queued()[0], why: "Too long" });
  showAllRefused();
  assert.deepEqual([area.value, shown(), queued()], ["typed", [], []]);
  assert.equal(form.querySelector(".failed").textContent, "Not sent: Too long");
});

for (const body of ["", REFUSED])
  test(`reason of a refusal is gone after the corrected text was sent: ${body ? "of the form" : "of an error page"}`, async () => {
    answers = [{ status: 422, body: body || "<h1>Too long</h1>" }];
    await send("typed");
    assert.ok(form.querySelector(".failed, .errorlist"));
    answers = [accept(id())];
    await send("typed");
    assert.equal(form.querySelector(".failed, .errorlist"), null);
  });

test("refused text of a tab that is gone comes back on a page that opens", () => {
  storeOther({ why: "Too long" });
  showAllRefused(true);
  assert.deepEqual([area.value, shown(), queued()], ["typed", [], []]);
});

for (const [values, address] of [
  [{ conversation: "4" }, "/chats/conversation/4/"],
  [{ conversation: "4", thread: "12" }, "/chats/thread/12/"],
])
  test(`refused text of ${address} is a line with a link, until it is handled`, async () => {
    answers = [{ status: 413, body: "<h1>Too long</h1>" }];
    storeOther({ ...values, draft: "conversation:4" });
    sendAll();
    await settle();
    const link = line.querySelector("a");
    assert.deepEqual([link.textContent, new URL(link.href).pathname], [OF_ANOTHER, address]);
    assert.deepEqual([shown(), area.value, queued().length], [[], "", 1]);
    const other = new BroadcastChannel("bobbin-unsent");
    other.postMessage("other");
    await received();
    assert.equal(line.textContent, "");
  });

/** Waits for the next message of another tab. */
async function received() {
  settled.ref(); // Otherwise nothing keeps this process alive.
  await new Promise((done) => settled.addEventListener("message", done, { once: true }));
  settled.unref();
}

test("of several refused texts of other pages, the oldest has the link until it is handled", async () => {
  const at = Date.now();
  for (const [id, conversation] of [
    ["late", "5"],
    ["early", "4"],
  ])
    storeOther({ id, conversation, draft: `conversation:${conversation}`, why: "No", at: at - (id === "early") });
  showAllRefused();
  const path = () => line.querySelector("a") && new URL(line.querySelector("a").href).pathname;
  assert.equal(path(), "/chats/conversation/4/");
  const other = new BroadcastChannel("bobbin-unsent");
  other.postMessage("early");
  await received();
  assert.equal(path(), "/chats/conversation/5/");
  other.postMessage("late");
  localStorage.clear();
  await received();
  assert.equal(path(), null);
});
const OF_ANOTHER = "A message was not sent. Open its conversation.";

test("refusal that arrives while another member is logged in changes nothing, and the text is sent again", async () => {
  answers = [{ status: 413, body: "<h1>Too long</h1>" }];
  area.value = "typed";
  sendText(form);
  assert.throws(anotherMember);
  await settle();
  showAllRefused();
  assert.deepEqual([queued()[0].why, document.querySelector("li")], [undefined, null]);
  isHere();
  assert.deepEqual([shown(), area.value], [["typed"], ""]);
  await acceptAll();
});

test("text that was typed after Enter stays in the form, and becomes its draft", async () => {
  answers = [accept("first")];
  area.value = "typed and more";
  sendText(form, "typed");
  assert.deepEqual([shown(), area.value, queued()[0].fields.content], [["typed"], " and more", "typed"]);
  assert.equal(JSON.parse(localStorage.getItem("draft 7 conversation:3")).text, " and more");
  await settle();
  assert.deepEqual([shown(), area.value], [["typed"], " and more"]);
});

test("texts of two Enters are sent in order, and what was typed after them stays", async () => {
  answers = [{ status: 0 }];
  area.value = "onetwothree";
  sendText(form, "one");
  sendText(form, "two");
  assert.deepEqual([shown(), area.value], [["one", "two"], "three"]);
  await settle();
  await acceptAll();
  assert.equal(area.value, "three");
});

test("text that was changed after Enter is sent as it was, and stays as it is", async () => {
  answers = [accept("first")];
  area.value = "tiped better";
  sendText(form, "typed");
  assert.deepEqual([shown(), area.value], [["typed"], "tiped better"]);
  await settle();
});

test("refused text does not stop the texts after it", async () => {
  answers = [{ status: 0 }, { status: 0 }];
  await send("typed");
  const second = id();
  await send("and more");
  area.value = "something else";
  answers = [{ status: 422, body: REFUSED }, accept(second)];
  sendAll();
  await settle();
  assert.deepEqual(
    queued().map(({ text }) => text),
    ["typed"],
  );
});

test("message that a live update brings before the response is shown once", async () => {
  answers = [{ status: 0 }];
  await send("typed");
  merge(new DOMParser().parseFromString(LIST(rowOf(5, "typed")), "text/html"));
  assert.deepEqual(shown(), ["typed"]);
  answers = [accept("first")];
  sendAll();
  await settle();
  assert.deepEqual([shown(), queued()], [["typed"], []]);
});

for (const [first, second] of [
  ["1", "2"],
  [":)", ":("],
])
  test(`message that arrives before the response replaces the row of its own text: ${second}`, async () => {
    answers = [{ status: 0 }, { status: 0 }];
    await send(first);
    await send(second);
    merge(new DOMParser().parseFromString(LIST(rowOf(5, second)), "text/html"));
    assert.deepEqual(shown().sort(), [first, second].sort());
    assert.equal(list.querySelector(".is-unsent .content").textContent, first);
    await acceptAll();
  });

test("message without the markers of its text replaces the row of its text", async () => {
  answers = [{ status: 0 }];
  await send("> quoted\n\n- *one*\n- `two`\n\n```js\n3\n```");
  const html = "<blockquote>quoted</blockquote><ul><li><em>one</em></li><li><code>two</code></li></ul><pre>3</pre>";
  merge(new DOMParser().parseFromString(LIST(rowOf(5, html)), "text/html"));
  assert.equal(list.querySelector(".is-unsent"), null);
  await acceptAll();
});

test("same text sent twice is shown twice", async () => {
  answers = [{ status: 0 }, { status: 0 }];
  await send("typed");
  await send("typed");
  merge(new DOMParser().parseFromString(LIST(rowOf(5, "typed")), "text/html"));
  assert.deepEqual(shown(), ["typed", "typed"]);
  answers = queued().map((message, place) => ({
    ...accept(message.id),
    headers: { "X-Accepted": message.id, Location: `/chats/message/${5 + place}/` },
  }));
  pages["/chats/with/bob/"] = { body: LIST(rowOf(5, "typed") + rowOf(6, "typed")) };
  sendAll();
  await settle();
  assert.deepEqual([shown(), queued()], [["typed", "typed"], []]);
});

test("arrival is inserted before the texts that wait", async () => {
  answers = [{ status: 0 }];
  await send("typed");
  merge(new DOMParser().parseFromString(LIST(rowOf(4, "arrived").replace("is-mine", "")), "text/html"));
  assert.deepEqual(shown(), ["arrived", "typed"]);
  button("Discard").click();
});

test("text after a log-out waits for the log-in", async () => {
  answers = [{ status: 302, headers: { Location: "/accounts/login/" } }];
  pages["/accounts/login/"] = { body: "log in" };
  await send("typed");
  assert.ok(document.querySelector("dialog").open);
  assert.deepEqual([shown(), queued().length], [["typed"], 1]);
  document.querySelector("dialog").close();
  localStorage.clear(); // As the page of another member does.
  answers = [accept("first")];
  document.dispatchEvent(new Event("here"));
  await settle();
  assert.deepEqual([shown(), queued()], [["typed"], []]);
});

test("text that no storage accepts is sent from memory", async () => {
  const { localStorage: storage } = globalThis;
  globalThis.localStorage = {};
  answers = [{ status: 0 }, accept("first")];
  await send("typed");
  assert.equal(queued().length, 1);
  button("Retry").click();
  await settle();
  globalThis.localStorage = storage;
  assert.deepEqual([shown(), queued()], [["typed"], []]);
});

test("accepted text of a page that ends earlier goes to the page that shows it", async () => {
  let left;
  window.location.assign = (address) => (left = address);
  document.body.insertAdjacentHTML("beforeend", '<nav class="pages"><a rel="next" href="?from=9">Later</a></nav>');
  answers = [accept("first")];
  await send("typed");
  assert.deepEqual([left, list.children.length], ["/chats/message/5/", 0]);
});

test("page that ends earlier is not left while the next text is typed", async () => {
  let left;
  window.location.assign = (address) => (left = address);
  document.body.insertAdjacentHTML("beforeend", '<nav class="pages"><a rel="next" href="?from=9">Later</a></nav>');
  answers = [accept("first")];
  area.value = "typed";
  sendText(form);
  area.value = "the next one";
  await settle();
  assert.deepEqual([left, area.value], [undefined, "the next one"]);
  assert.equal(line.textContent, "Your message was sent. It is on a later page.");
});
