// Tests of live.js: how a tab opens the event stream, handles what other tabs tell it, and polls.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

let requests, timers, hidden, reloads, status;
const listeners = {};
globalThis.fetch = async (address) => {
  requests.push(address);
  const json = async () => ({ member: 7, unread: 0, notifications: 0, generation: "g1" });
  return { url: `https://bobbin.test${address}`, ok: status === 200, status, json };
};
openPage('<form class="compose" data-draft="new:"><textarea></textarea></form><p id="connection"></p>', {
  url: "https://bobbin.test/chats/new/",
  state: "/state/",
  generation: "g1",
  eventsPort: "8001",
  worker: "/static/worker.js",
});
Object.defineProperty(document, "hidden", { get: () => hidden });
window.location.reload = () => (reloads += 1);
Object.assign(globalThis, { addEventListener: (kind, run) => (listeners[kind] = run), reportError() {} });
const pause = () => new Promise((done) => setImmediate(done));
// Records each timer as its function and its delay in milliseconds, except the second after which badges are announced.
globalThis.setTimeout = (run, delay) => delay !== 1_000 && timers.push([run, delay]);
const locks = [];
const browser = { languages: ["en"], locks: { request: (name, run) => locks.push([name, run]) } };
Object.defineProperty(globalThis, "navigator", { value: browser, configurable: true });
const [opened, requested, workers] = [[], [], []];
globalThis.EventSource = class {
  static OPEN = 1;
  constructor(address) {
    opened.push(String(address));
  }
};
const other = new BroadcastChannel("bobbin");
other.onmessage = ({ data }) => requested.push(data.kind);
const unobserved = [];
globalThis.IntersectionObserver = class {
  unobserve = ({ id }) => unobserved.push(id);
};
const { anotherMember, beginLive, isHere, tabs } = await load("away", "live");
const area = document.querySelector("textarea");
const tell = (kind, more) => tabs.onmessage({ data: { kind, ...more } });
const isLive = () => document.documentElement.dataset.live;

/** Ends the last timer and waits for its requests. Returns its delay in milliseconds. */
async function runTimer() {
  const [run, delay] = timers.pop();
  run();
  await pause();
  return delay;
}

[timers, requests] = [[], []];
beginLive();

beforeEach(() => {
  [requests, hidden, reloads, area.value, status] = [[], false, 0, "", 200];
});

test("tab asks for an open stream, and opens one at the port for events when it gets the lock", async () => {
  while (!requested.length) await pause();
  assert.ok(requested.includes("asking"));
  assert.equal(locks.length, 1);
  const held = locks[0][1]();
  assert.ok(held instanceof Promise);
  assert.deepEqual(opened, ["https://bobbin.test:8001/events/"]);
});

test("open stream checks for changes at once, and polls become rare until it is closed", async () => {
  tell("open");
  await pause();
  assert.deepEqual([isLive(), requests], ["yes", ["/state/"]]);
  tell("asking"); // Of another tab.
  assert.equal(isLive(), "yes");
  const fast = await runTimer();
  assert.ok(fast >= 8_000 && fast <= 12_000);
  tell("closed");
  assert.equal(isLive(), "no");
  assert.ok((await runTimer()) <= 12_000);
});

test("poll follows soon after a failed request although the stream is open, and then polls are rare", async () => {
  tell("open");
  await pause();
  await runTimer();
  assert.equal(timers.at(-1)[1], 60_000);
  status = 503;
  tell("counted");
  assert.equal(await runTimer(), 20);
  assert.ok(timers.at(-1)[1] <= 12_000);
  status = 200;
  await runTimer();
  assert.equal(timers.at(-1)[1], 60_000);
  tell("closed");
});

test("polls check for changes of a visible page, also after an error", async () => {
  await runTimer();
  hidden = true;
  await runTimer();
  hidden = false;
  status = 500;
  await runTimer();
  await runTimer();
  assert.deepEqual(requests, Array(3).fill("/state/"));
});

test("page that becomes visible, or is online again, checks for changes", async () => {
  document.dispatchEvent(new Event("visibilitychange"));
  listeners.online();
  await pause();
  hidden = true;
  document.dispatchEvent(new Event("visibilitychange"));
  await pause();
  assert.deepEqual(requests, ["/state/", "/state/"]);
});

test("message that another tab leaves unread is not reported by this one", () => {
  document.body.insertAdjacentHTML("beforeend", '<p id="m12"></p>');
  tell("left unread", { message: 13 });
  tell("left unread", { message: 12 });
  assert.deepEqual(unobserved, ["m12"]);
});

test("log-out in another tab reloads a page without text and checks one with text", async () => {
  tell("logged out");
  assert.equal(reloads, 1);
  area.value = "half a text";
  tell("logged out");
  await pause();
  assert.deepEqual([reloads, requests], [1, ["/state/"]]);
});

test("log-out of another member in another tab does not reload a page with a hidden text", async () => {
  area.value = "half a text";
  assert.throws(anotherMember);
  tell("logged out");
  await pause();
  assert.equal(reloads, 0);
  isHere();
  assert.equal(area.isConnected, true);
});

test("different text that another tab has not sent becomes the draft", () => {
  area.value = "half a text";
  tell("sent", { draft: "draft 7 new:", text: "another text" });
  assert.equal(JSON.parse(localStorage.getItem("draft 7 new:")).text, "half a text");
});

test("event of the stream fetches its changes", async () => {
  tell("counted");
  assert.equal(await runTimer(), 20);
  assert.deepEqual(requests, ["/state/"]);
});

test("tab without locks shares a worker, and without workers opens no stream", () => {
  window.SharedWorker = globalThis.SharedWorker = class {
    constructor(...args) {
      workers.push(args);
    }
  };
  delete browser.locks;
  beginLive();
  delete window.SharedWorker;
  beginLive();
  const options = { type: "module", name: "https://bobbin.test:8001/events/" };
  assert.deepEqual([workers, opened.length], [[["/static/worker.js", options]], 1]);
});
