// Tests of events.js on a page of a conversation: when it fetches changes, and which.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, NO_RESPONSE, openPage, serve } from "./page.js";

let page, state, requests, timers, hidden, isSilent;
const url = await serve((request) => {
  requests.push(request.url);
  if (isSilent) return NO_RESPONSE;
  if (request.url.startsWith("/chats/with/")) return { status: page };
  return { body: { conversation: 3, name: "bob", is_active: true, unread: 0, notifications: 0, ...state } };
});
openPage(
  `<p id="connection"></p><ol class="messages" data-conversation="3" data-with="bob" data-active data-version="v1">
    <li class="message" id="m12"></li></ol>`,
  { url: `${url}/chats/with/bob/`, state: "/state/", generation: "g1" },
);
Object.assign(globalThis, { innerHeight: 100, scrollY: 0 });
Object.defineProperty(document, "hidden", { get: () => hidden });
const { setTimeout } = globalThis;
// Records each timer of the module as its function and its delay in milliseconds. `runTimer` runs it.
globalThis.setTimeout = (...timer) => (timer[0].name === "act" ? timers.push(timer) : setTimeout(...timer));
const { AwayError, checkState, onEvent, tryTo } = await load("events", "away");
const said = () => document.querySelector("#connection").textContent;
const runTimer = () => timers.shift()[0]();
const MESSAGES = "/chats/with/bob/?from=12";
const created = { kind: "new", conversation: 3, thread: 12, message: 12 };

beforeEach(async () => {
  [page, state, timers, hidden] = [304, { generation: "g1" }, [], false];
  requests = [];
});

test("event of another conversation fetches only the badges", async () => {
  onEvent({ ...created, conversation: 4 });
  await runTimer();
  assert.deepEqual(requests, ["/state/"]);
});

test("events that come together are fetched once, and those during the requests 200 ms later", async () => {
  onEvent(created);
  onEvent({ ...created, kind: "edited" });
  assert.deepEqual([timers.length, timers[0][1]], [1, 20]);
  const work = runTimer();
  onEvent(created);
  await work;
  assert.deepEqual([requests, timers[0][1]], [[MESSAGES, "/state/"], 200]);
  await runTimer();
  assert.deepEqual([requests.length, timers], [4, []]);
});

for (const kind of ["new", "edited", "read", "deleted", "counted"])
  test(`event "${kind}" fetches the badges, and messages only if their text is new`, async () => {
    onEvent({ ...created, kind, message: kind === "deleted" ? 99 : 12 });
    await runTimer();
    assert.deepEqual(requests, ["new", "edited"].includes(kind) ? [MESSAGES, "/state/"] : ["/state/"]);
  });

for (const kind of ["sync", "member"])
  test(`event "${kind}", which many members receive, is handled within a second at random`, async () => {
    const { random } = Math;
    Math.random = () => 0.5;
    onEvent({ kind });
    Math.random = random;
    assert.equal(timers[0][1], 500);
    await runTimer();
    assert.deepEqual(requests, [kind === "sync" ? MESSAGES : "/chats/counterpart/?conversation=3", "/state/"]);
  });

test("hidden page fetches only the badges, and the messages once when it is visible again", async () => {
  hidden = true;
  onEvent(created);
  state.generation = "g2";
  await runTimer();
  hidden = false;
  await checkState();
  assert.deepEqual(requests, ["/state/", "/state/", MESSAGES]);
  await checkState();
  assert.deepEqual(requests.slice(3), ["/state/"]);
});

test("change that a hidden page missed is found by the next check", async () => {
  hidden = true;
  onEvent(created);
  state.generation = "g3";
  await runTimer();
  hidden = false;
  await checkState();
  assert.deepEqual(requests.slice(1), ["/state/", MESSAGES]);
});

test("change that a hidden page missed is found although the generation was read when it was visible", async () => {
  state.generation = "g5";
  hidden = true;
  onEvent(created);
  const work = runTimer();
  hidden = false; // Before the response with the generation.
  await work;
  await checkState();
  assert.deepEqual(requests.slice(1), ["/state/", MESSAGES]);
});

test("change whose event was lost is fetched, although a later event has fetched the badges", async () => {
  state.generation = "g7"; // After the change.
  onEvent({ ...created, conversation: 4 });
  await runTimer();
  await checkState();
  await checkState();
  assert.deepEqual(requests, ["/state/", "/state/", MESSAGES, "/state/"]);
});

test("change that could not be fetched is fetched with the next event, whatever it concerns", async () => {
  [page, state.generation] = [503, "g6"];
  onEvent(created);
  await runTimer();
  page = 304;
  onEvent({ ...created, conversation: 4 });
  await runTimer();
  onEvent({ ...created, conversation: 4 });
  await runTimer();
  assert.deepEqual(requests, [MESSAGES, MESSAGES, "/state/", "/state/"]);
});

test("request without a response ends, and does not stop later updates", async () => {
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (time) => timeout.call(AbortSignal, time / 1000);
  isSilent = true;
  onEvent(created);
  await runTimer();
  AbortSignal.timeout = timeout;
  assert.equal(said(), "Reconnecting…");
  isSilent = false;
  onEvent(created);
  await runTimer();
  assert.deepEqual([requests, said()], [[MESSAGES, MESSAGES, "/state/"], ""]);
});

test("page is fetched again only after a change, and until a fetch succeeds", async () => {
  [page, state.generation] = [503, "g4"];
  await assert.rejects(checkState(), /^Error: 503/);
  page = 304;
  await checkState();
  await checkState();
  assert.deepEqual(requests, ["/state/", MESSAGES, "/state/", MESSAGES, "/state/"]);
});

test("page whose generation is unknown is fetched by each check", async () => {
  state.generation = null;
  await checkState();
  await checkState();
  assert.deepEqual(requests, ["/state/", MESSAGES, "/state/", MESSAGES]);
});

for (const [error, text] of [
  [new Error("429 for /state/"), "Too many requests at once. Bobbin tries again."],
  [new Error("503 for /state/"), "Reconnecting…"],
  [new TypeError("Failed to fetch"), "Reconnecting…"],
  [new DOMException("", "TimeoutError"), "Reconnecting…"],
])
  test(`page says why it is not up to date until an update succeeds: ${error.message}`, async () => {
    await tryTo(() => Promise.reject(error));
    assert.equal(said(), text);
    await tryTo(async () => {});
    assert.equal(said(), "");
  });

test("browser without a network says so", async () => {
  navigator.onLine = false;
  await tryTo(() => Promise.reject(new TypeError("Failed to fetch")));
  navigator.onLine = true;
  assert.equal(said(), "You’re offline. Messages are sent when you’re back.");
  await tryTo(async () => {});
});

test("text that keeping.js shows stays after a successful update", async () => {
  const line = document.querySelector("#connection");
  line.textContent = "This message is no longer there.";
  await tryTo(async () => {});
  assert.equal(said(), "This message is no longer there.");
  line.textContent = "";
});

test("log-out is no error of the connection, and an unknown error is reported", async () => {
  await tryTo(() => Promise.reject(new AwayError("logged out")));
  await assert.rejects(tryTo(() => Promise.reject(new Error("500 for /state/"))));
  assert.equal(said(), "");
});

test("name of the counterpart that has changed refreshes the messages", async () => {
  document.dispatchEvent(new Event("counterpart"));
  while (!requests.length) await new Promise((done) => setTimeout(done, 5));
  assert.deepEqual(requests, [MESSAGES]);
});
