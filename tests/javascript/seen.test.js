// Tests of seen.js: which visible messages are reported, and when a report is repeated.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { load, openPage, serve, settle } from "./page.js";

let answer, reports;
const url = await serve((request) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => reports.push(new URLSearchParams(String(Buffer.concat(chunks))).get("ids")));
  return typeof answer === "function" ? answer(request) : answer;
});
const PAGE = `
  <a data-count="unread"></a>
  <ol class="messages" data-conversation="3" data-seen="/chats/seen/"></ol>
  <form id="mark-unread"><input name="csrfmiddlewaretoken" value="t"></form>`;
openPage(PAGE, { url });
let observed;
globalThis.IntersectionObserver = class {
  constructor(react) {
    this.react = react;
    observed = {
      rows: new Set(),
      show: (rows, isIntersecting) => react(rows.map((target) => ({ target, isIntersecting }))),
    };
  }
  observe = (row) => observed.rows.add(row);
  unobserve = (row) => observed.rows.delete(row);
};
globalThis.MutationObserver = window.MutationObserver;
const handlers = {};
globalThis.addEventListener = (name, handler) => (handlers[name] = handler);
const list = document.querySelector("ol");
list.innerHTML = [1, 2, 3].map((id) => `<li class="is-new" id="m${id}"></li>`).join("");
list.insertAdjacentHTML("beforeend", '<li id="m4"></li>');
const { cover, leaveUnread, watchSight } = await load("page", "seen");
watchSight();
const row = (id) => document.querySelector(`#m${id}`);
const fetched = globalThis.fetch;
let options;
globalThis.fetch = (address, how) => ((options = how), fetched(address, how));

/** Lets time pass, and waits until the responses have been handled. */
async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  for (let n = 0; n < 20; n++) await new Promise((done) => setImmediate(done));
}
/** Lets the report of the visible rows be sent and answered. */
async function report() {
  await pass(500);
  await pass(200);
  const before = Date.now();
  while (!reports.length && Date.now() - before < 500) await new Promise((done) => setImmediate(done));
  await pass(0);
}

beforeEach(async () => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  [answer, reports] = [{ body: { unread: 0, notifications: 0 } }, []];
  document.documentElement.className = "";
});

test("only new messages are observed, also those that arrive later", async () => {
  assert.deepEqual([...observed.rows], [row(1), row(2), row(3)]);
  list.insertAdjacentHTML("beforeend", '<li class="is-new" id="m5"></li><li id="m6"></li>');
  await pass(0);
  assert.deepEqual([...observed.rows], [row(1), row(2), row(3), row(5)]);
});

test("message that was visible for a moment too short is not reported", async () => {
  observed.show([row(1)], true);
  await pass(400);
  observed.show([row(1)], false);
  await pass(1_000);
  assert.deepEqual(reports, []);
});

test("message on a hidden page is reported after the page was visible for a moment", async () => {
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  observed.show([row(1)], true);
  await pass(2_000);
  delete document.hidden;
  document.dispatchEvent(new Event("visibilitychange"));
  await pass(300);
  document.dispatchEvent(new Event("visibilitychange")); // Begins again.
  await pass(450);
  assert.deepEqual(reports, []);
  observed.show([row(1)], false);
  document.dispatchEvent(new Event("visibilitychange"));
  await pass(2_000);
  assert.deepEqual(reports, []);
});

test("messages seen together are reported once, and the badge follows", async () => {
  answer = { body: { unread: 7, notifications: 0 } };
  observed.show([row(1)], true);
  await pass(100);
  observed.show([row(2)], true);
  await pass(400);
  await pass(100);
  await pass(100);
  while (!reports.length) await new Promise((done) => setImmediate(done));
  await pass(100);
  assert.deepEqual(reports, ["1,2"]);
  assert.equal(document.querySelector("[data-badge]").textContent, "7");
});

test("report names at most 100 messages, and the next one the others", async () => {
  const many = Array.from({ length: 101 }, (_, n) =>
    Object.assign(document.createElement("li"), { className: "is-new", id: `m${1000 + n}` }),
  );
  observed.show(many, true);
  await report();
  assert.equal(reports[0].split(",").length, 100);
  await pass(10_000);
  while (reports.length < 2) await new Promise((done) => setImmediate(done));
  assert.equal(reports[1], "1100");
});

test("covered page reports nothing until the session is checked", async () => {
  cover();
  observed.show([row(1)], true);
  await pass(500);
  await pass(1_000);
  assert.deepEqual(reports, []);
  document.documentElement.className = "";
  await report();
  assert.deepEqual([reports, options.keepalive], [["1"], true]);
  assert.equal(observed.rows.has(row(1)), false);
});

test("message that the member marks as unread is not reported, whether it is visible or was seen", async () => {
  observed.show([row(2)], true);
  leaveUnread(row(2));
  await pass(500);
  observed.show([row(2), row(3)], true);
  await pass(500);
  leaveUnread(row(2));
  await report();
  assert.deepEqual(reports, ["3"]);
  [answer, reports] = [{ status: 503 }, []];
  observed.show([row(3)], true);
  await report();
  leaveUnread(row(3));
  reports = [];
  handlers.pagehide();
  await pass(10_000);
  assert.deepEqual(reports, []);
});

test("page that the browser restores observes its new messages again", () => {
  leaveUnread(row(2));
  handlers.pageshow({ persisted: false });
  assert.equal(observed.rows.has(row(2)), false);
  handlers.pageshow({ persisted: true });
  assert.equal(observed.rows.has(row(2)), true);
});

test("report that failed is repeated later", async () => {
  for (const failure of [{ status: 503 }, { status: 429 }, { status: 0 }]) {
    [answer, reports] = [failure, []];
    observed.show([row(2)], true);
    await report();
    [answer, reports] = [{ body: { unread: 5, notifications: 0 } }, []];
    await pass(10_000);
    while (!reports.length) await new Promise((done) => setImmediate(done));
    await pass(0);
    assert.deepEqual(reports, ["2"]);
  }
});

test("report is repeated later if its token is old and no new one can be fetched", async () => {
  answer = ({ method }) => ({ status: method === "POST" ? 403 : 503 });
  observed.show([row(2)], true);
  await report();
  await settle();
  [answer, reports] = [{ body: { unread: 5, notifications: 0 } }, []];
  await pass(10_000);
  while (!reports.length) await new Promise((done) => setImmediate(done));
  assert.deepEqual(reports, ["2"]);
});

test("report that is refused for good is not repeated", async () => {
  answer = { status: 400 };
  observed.show([row(3)], true);
  await report();
  await pass(20_000);
  assert.deepEqual(reports, ["3"]);
});

test("report waits while another member is logged in", async () => {
  const form = document.querySelector("#mark-unread");
  form.remove();
  observed.show([row(5)], true);
  await pass(500);
  await pass(200);
  assert.deepEqual(reports, []);
  document.body.append(form);
  await pass(10_000);
  while (!reports.length) await new Promise((done) => setImmediate(done));
  assert.deepEqual(reports, ["5"]);
});

test("report that was answered by the log-in page is repeated", async () => {
  const page = { status: 200 };
  answer = (request) =>
    request.url === "/chats/seen/" ? { status: 302, headers: { Location: "/accounts/login/" } } : page;
  observed.show([row(1)], true);
  await report();
  [answer, reports] = [{ body: { unread: 0, notifications: 0 } }, []];
  await pass(10_000);
  while (!reports.length) await new Promise((done) => setImmediate(done));
  assert.deepEqual(reports, ["1"]);
});

test("page that is left reports what was seen, and otherwise nothing", async () => {
  await pass(0);
  handlers.pagehide();
  await pass(0);
  assert.deepEqual(reports, []);
  observed.show([row(1)], true);
  await pass(500);
  handlers.pagehide();
  while (!reports.length) await new Promise((done) => setImmediate(done));
  assert.deepEqual(reports, ["1"]);
});
