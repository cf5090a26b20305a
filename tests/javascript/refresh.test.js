// Tests of thread.js, counterpart.js and departed.js: what a refresh of a conversation changes on its page.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve, settle } from "./page.js";

const rowOf = (id, mine = "") =>
  `<li class="message ${mine}" id="m${id}"><p class="meta">
    <span class="who">bob</span></p><div class="content">text ${id}</div><p class="actions"></p></li>`;
const linkTo = (rel, id) => `<nav class="pages"><a rel="${rel}" href="?from=${id}">${rel}</a></nav>`;

/** Returns the HTML of a page. `version` undefined: the page was never asked for. */
const pageOf = (ids, { name = "bob", conversation = 3, next, prev, version = "v2", active = "data-active" } = {}) => `
  <title>${name} · Bobbin</title>
  <details class="menu"><a href="/chats/search/?with=${name}">Search in this conversation</a></details>
  <main>
    <h1>${name}</h1>${prev ? linkTo("prev", prev) : ""}
    <ol class="messages" data-conversation="${conversation}" data-with="${name}" ${active} data-version="${version}">
      ${ids.map((id) => rowOf(id)).join("")}
    </ol>
    ${next ? linkTo("next", next) : ""}
    <form class="compose" data-draft="conversation:3"><input type="hidden" name="to" value="${name}">
      <textarea placeholder="Message ${name}…"></textarea><button type="submit">Send</button></form>
  </main>
  <div id="arrivals"></div>`;

let answers, requests, reloads;
const url = await serve((request) => {
  requests.push([request.url, request.headers["if-none-match"]]);
  const key = Object.keys(answers).find((part) => request.url.includes(part));
  return answers[key] ?? { status: 404 };
});
openPage(pageOf([10, 11, 12], { version: "v1", prev: 10 }), { url: `${url}/chats/with/bob/` });
let scrolled = [];
const scrollBy = () => scrolled.push("by");
Object.assign(globalThis, { innerHeight: 100, scrollBy, requestAnimationFrame() {} });
HTMLElement.prototype.scrollIntoView = function () {
  scrolled.push(this.id);
};
window.location.reload = () => (reloads += 1);
const { isErased, loadPage, refreshMessages, watchReceiver } = await load("thread", "counterpart");
const list = document.querySelector("ol");
const shown = () => [...list.children].map((row) => Number(row.id.slice(1)));
const text = (selector) => document.querySelector(selector)?.textContent.trim();
const counterpart = { conversation: 3, name: "bob", is_active: true, address: "/chats/with/bob/", made: "t" };

beforeEach(() => {
  [answers, requests, reloads, scrolled] = [{ counterpart: { body: counterpart } }, [], 0, []];
  list.innerHTML = [10, 11, 12].map((id) => rowOf(id)).join("");
  document.querySelector("#arrivals").replaceChildren();
  document.querySelectorAll("nav, .news").forEach((part) => part.remove());
});

test("unchanged page is asked for by its version and changes nothing", async () => {
  answers["from=10"] = { status: 304 };
  await refreshMessages();
  assert.deepEqual(requests, [["/chats/with/bob/?from=10", '"v1"']]);
  assert.deepEqual(shown(), [10, 11, 12]);
});

test("new message is shown and announced, and the page is not scrolled", async () => {
  answers["from=10"] = { body: pageOf([10, 11, 12, 13]) };
  await refreshMessages();
  assert.deepEqual([shown(), scrolled], [[10, 11, 12, 13], []]); // composer.js keeps the end of the page in view.
  assert.equal(text("#arrivals"), "bob: text 13");
});

test("deleted message disappears", async () => {
  answers["from=10"] = { body: pageOf([10, 12]) };
  await refreshMessages();
  assert.deepEqual(shown(), [10, 12]);
});

test("messages outside the fetched page stay", async () => {
  list.insertAdjacentHTML("beforeend", rowOf(13));
  const kept = [...list.children];
  answers["from=11"] = { body: pageOf([11], { next: 12 }) };
  answers["from=12"] = { body: pageOf([12, 13]) };
  await refreshMessages([11]);
  assert.deepEqual(shown(), [10, 11, 12, 13]);
  assert.ok(kept.every((row) => row.isConnected));
});

test("messages of later pages are not shown below the link to them", async () => {
  document.querySelector("main").insertAdjacentHTML("beforeend", linkTo("next", 13));
  answers["from=10"] = { body: pageOf([10, 11, 12, 13]) };
  await refreshMessages();
  assert.deepEqual(shown(), [10, 11, 12]);
});

test("page of another conversation at the same URL is not shown", async () => {
  answers["from=10"] = { body: pageOf([10, 11, 12, 13], { conversation: 4 }) };
  await refreshMessages();
  assert.deepEqual([shown(), reloads], [[10, 11, 12], 1]);
});

test("page is reloaded when none of its messages exists, and not when only new ones are missing", async () => {
  await refreshMessages([13]);
  assert.equal(reloads, 0);
  await refreshMessages();
  assert.equal(reloads, 1);
});

test("earlier page is loaded above and its link replaces the used one", async () => {
  document.querySelector("main").insertAdjacentHTML("afterbegin", linkTo("prev", 5));
  answers["from=5"] = { body: pageOf([5, 6], { prev: 3 }) };
  await loadPage(document.querySelector('a[rel="prev"]'));
  assert.deepEqual([shown(), scrolled], [[5, 6, 10, 11, 12], ["by"]]);
  assert.equal(document.querySelector('a[rel="prev"]').search, "?from=3");
  answers["from=3"] = { body: pageOf([3, 4]) };
  await loadPage(document.querySelector('a[rel="prev"]'));
  assert.equal(document.querySelector("nav"), null);
  assert.equal(text("#arrivals"), "");
});

test("page of another conversation is not loaded above this one", async () => {
  document.querySelector("main").insertAdjacentHTML("afterbegin", linkTo("prev", 5));
  answers["from=5"] = { body: pageOf([5, 6], { conversation: 4 }) };
  await loadPage(document.querySelector('a[rel="prev"]'));
  assert.deepEqual(shown(), [10, 11, 12]);
});

// From here on, the counterpart changes. The tests depend on each other, as the changes of one open page do.

test("rename is announced once, and form, URL and headings have the new name", async () => {
  const now = { ...counterpart, name: "robert", address: "/chats/with/robert/" };
  answers = { counterpart: { body: now }, with: { body: pageOf([10, 11, 12], { name: "robert" }) } };
  document.querySelector("main > form textarea").value = "half a text";
  await refreshMessages();
  assert.equal(text(".news"), "bob is now called robert.");
  assert.equal(document.querySelector("form").elements.to.value, "robert");
  assert.equal(location.pathname, "/chats/with/robert/");
  assert.deepEqual([text("h1"), document.title], ["robert", "robert · Bobbin"]);
  assert.equal(document.querySelector(".menu a").search, "?with=robert");
  assert.equal(list.dataset.with, "robert"); // The finder searches in the conversation with this name.
  const { value, placeholder } = document.querySelector("main > form textarea");
  assert.deepEqual([value, placeholder], ["half a text", "Message robert…"]);
});

test("deactivation stops the form and keeps its text", async () => {
  const now = { ...counterpart, name: "robert", is_active: false };
  answers = { counterpart: { body: now }, with: { body: pageOf([10, 11, 12], { name: "robert", active: "" }) } };
  const edit =
    '<form class="compose" data-draft="edit:12"><textarea></textarea><button type="submit">Save</button></form>';
  list.lastElementChild.insertAdjacentHTML("beforeend", edit);
  await refreshMessages();
  assert.equal(list.querySelector("form button").disabled, false); // An edit needs no counterpart.
  assert.match(text(".news"), /^robert’s account is deactivated.*You can still copy your text\.$/);
  assert.deepEqual(
    [text(".failed"), document.querySelector("main > form button").disabled],
    ["Nothing can be sent from here.", true],
  );
  assert.equal(document.querySelector(".failed").getAttribute("role"), null);
  assert.equal(document.querySelector("main > form textarea").value, "half a text");
});

test("reactivation lets the form send again", async () => {
  answers = {
    counterpart: { body: { ...counterpart, name: "robert" } },
    with: { body: pageOf([10, 11, 12], { name: "robert" }) },
  };
  await refreshMessages();
  assert.equal(text(".news"), "robert’s account is active again.");
  assert.deepEqual([text(".failed"), document.querySelector("main > form button").disabled], [undefined, false]);
});

test("headings of another conversation at the same URL are not shown", async () => {
  answers = {
    counterpart: { body: { ...counterpart, name: "rob", address: "/chats/with/rob/" } },
    with: { body: pageOf([20], { name: "rob", conversation: 4 }) },
  };
  await refreshMessages();
  assert.deepEqual([text(".news"), text("h1"), shown()], ["robert is now called rob.", "robert", [10, 11, 12]]);
});

test("form without a text is replaced, with the focus and its draft", async () => {
  const [now, area] = [{ ...counterpart, name: "robin" }, () => document.querySelector("main > form textarea")];
  answers = { counterpart: { body: now }, with: { body: pageOf([10, 11, 12], { name: "robin" }) } };
  area().value = "";
  area().focus();
  localStorage.setItem("draft 7 conversation:3", JSON.stringify({ text: "half a text", at: Date.now() }));
  const before = area();
  await refreshMessages();
  assert.equal(before.isConnected, false);
  assert.deepEqual([document.activeElement, area().value], [area(), "half a text"]);
  area().blur();
});

test("erasure removes all messages and keeps the text", async () => {
  answers = { counterpart: { body: { conversation: null } } };
  list.insertAdjacentHTML("beforebegin", '<p class="jump">Jump</p><form class="compose"><textarea></textarea></form>');
  await refreshMessages();
  assert.match(text(".news"), /^robin’s account was deleted\. Everything .* gone\. You can still copy your text\.$/);
  assert.deepEqual([shown(), document.querySelector(".jump"), isErased()], [[], null, true]);
  assert.equal(document.querySelectorAll("form").length, 1); // The form without a text is gone.
  assert.deepEqual([document.querySelector("main > form textarea").value, reloads], ["half a text", 0]);
});

test("page of an erased conversation asks for nothing", async () => {
  await refreshMessages();
  watchReceiver();
  await load("departed"); // As watchReceiver does on the page of a new message.
  await settle();
  assert.deepEqual(requests, []);
});
