// Tests of away.js: what an open page hides and shows again when its member logs out and in.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve } from "./page.js";

const list = `<ol class="messages" data-conversation="3" data-with="bob" data-active><li class="message" id="m12">
  <p class="meta"><span class="who">bob</span></p><div class="content">Hello</div></li></ol>`;
const url = await serve(({ url }) => {
  if (url.startsWith("/chats/with/")) return { body: `<main>${list.replaceAll("12", "13")}</main>` };
  if (url === "/chats/new/") return { body: "<main></main>" };
  if (url === "/gone/") return { status: 404 };
  return { body: { conversation: 3, name: "bob", is_active: true, unread: 2, notifications: 0 } };
});
openPage(
  `<main><a data-count="unread">Unread</a>${list}
  <form class="compose" data-draft="new:"><textarea></textarea></form></main><footer></footer>
  <dialog id="logged-out" class="cover"></dialog><dialog id="another-member" class="cover"></dialog>`,
  { url: `${url}/chats/with/bob/`, state: "/state/" },
);
document.title = "bob";
let reloads = 0;
window.location.reload = () => (reloads += 1);
const { AwayError, anotherMember, isHere, sessionLost, ...modules } = await load(
  "away",
  "fetching",
  "badges",
  "counterpart",
  "page",
  "thread",
);
const area = document.querySelector("textarea");
const open = () => [...document.querySelectorAll("dialog[open]")].map(({ id }) => id);
const shown = () => [...document.body.children].map(({ tagName }) => tagName);
const WHOLE = ["MAIN", "FOOTER", "DIALOG", "DIALOG"];
const seesAnother = () => assert.throws(anotherMember, AwayError);

beforeEach(() => {
  [reloads, area.value, document.title] = [0, "half a text", "bob"];
});

test("lost session opens one dialog, and the page stays below it", () => {
  assert.throws(sessionLost, AwayError);
  assert.throws(sessionLost, AwayError);
  assert.deepEqual([open(), shown()], [["logged-out"], WHOLE]);
  assert.equal(isHere(), true);
  assert.deepEqual([open(), isHere()], [[], false]);
});

test("page without an open form is reloaded for another member", () => {
  area.value = "";
  seesAnother();
  assert.deepEqual([reloads, open(), shown()], [1, [], WHOLE]);
});

test("page with an open form is hidden from another member, with its title", () => {
  assert.throws(sessionLost, AwayError);
  seesAnother();
  seesAnother(); // The next poll.
  assert.deepEqual([reloads, open(), shown()], [0, ["another-member"], ["DIALOG", "DIALOG"]]);
  assert.equal(document.title, "Bobbin");
  assert.equal(isHere(), true);
});

test("hidden page returns unchanged with its member, and its text is a draft again", () => {
  seesAnother();
  localStorage.clear(); // The page of the other member deletes the drafts.
  assert.equal(isHere(), true);
  assert.deepEqual([open(), shown(), document.title], [[], WHOLE, "bob"]);
  assert.equal(JSON.parse(localStorage.getItem("draft 7 new:")).text, "half a text");
  assert.equal(isHere(), false);
});

test("hidden page has one dialog, also after a log-out of the other member and after the Escape key", () => {
  seesAnother();
  assert.throws(sessionLost, AwayError);
  assert.deepEqual(open(), ["logged-out"]);
  seesAnother();
  assert.deepEqual(open(), ["another-member"]);
  document.querySelector("dialog[open]").close();
  seesAnother();
  assert.deepEqual(open(), ["another-member"]);
  assert.equal(isHere(), true);
  assert.deepEqual([open(), shown()], [[], WHOLE]);
});

test("hidden page returns although the Escape key has closed its dialog", () => {
  seesAnother();
  document.querySelector("dialog[open]").close();
  assert.equal(isHere(), true);
  assert.deepEqual(shown(), WHOLE);
});

test("page from the history is covered until its member is confirmed", () => {
  document.documentElement.className = "is-checking has-script";
  assert.equal(isHere(), false);
  assert.equal(document.documentElement.className, "has-script");
});

test("focus and scroll position return with the page", () => {
  const root = document.documentElement;
  let top = 0;
  root.scrollTo = (options) => (top = options.top);
  root.scrollTop = 300;
  area.focus();
  assert.throws(sessionLost, AwayError);
  document.querySelector("#logged-out").focus();
  seesAnother();
  root.scrollTop = 0;
  seesAnother();
  assert.notEqual(document.activeElement, area);
  isHere();
  assert.deepEqual([document.activeElement, top], [area, 300]);
});

test("focus that the member has moved after closing a dialog stays", () => {
  area.focus();
  assert.throws(sessionLost, AwayError);
  document.querySelector("dialog[open]").close();
  area.blur();
  isHere();
  seesAnother();
  isHere();
  assert.equal(document.activeElement, document.body);
});

test("response of before another member logged in does not bring the page back", async () => {
  const late = modules.fetchState();
  seesAnother();
  await late;
  assert.deepEqual([shown(), document.title], [["DIALOG", "DIALOG"], "Bobbin"]);
  await modules.fetchState();
  assert.deepEqual([shown(), document.title], [WHOLE, "(2) bob"]);
});

test("response of before a page was kept for Back does not uncover it", async () => {
  const late = modules.fetchState();
  modules.coverAgain();
  await late;
  assert.equal(modules.isCovered(), true);
  await modules.fetchState();
  assert.equal(modules.isCovered(), false);
});

for (const [name, work] of Object.entries({
  "of a missing page": () => modules.get("/gone/"),
  "that shows who was renamed": () => modules.showDeparted(new Map([["3", "ann"]]), document.querySelector("main"), 0),
}))
  test(`work ${name} ends when another member has logged in meanwhile`, async () => {
    const late = work();
    seesAnother();
    await assert.rejects(late, AwayError);
    assert.equal(isHere(), true);
    assert.equal(document.querySelector(".news"), null);
  });

test("badges of before another member logged in do not show the name in the title", () => {
  seesAnother();
  modules.showBadges({ unread: 1, notifications: 0 });
  assert.equal(document.title, "Bobbin");
  assert.equal(isHere(), true);
});

for (const work of ["refreshMessages", "fetchCounterpart"])
  test(`response to ${work} of before another member logged in changes nothing`, async () => {
    const late = modules[work](work === "refreshMessages" ? [12] : { to: "bob" });
    seesAnother();
    await assert.rejects(late, AwayError);
    assert.equal(isHere(), true);
    assert.deepEqual(
      [...document.querySelectorAll("li")].map(({ id }) => id),
      ["m12"],
    );
  });

test("page without dialogs, such as an error page, reports the lost session", () => {
  document.querySelectorAll("dialog").forEach((dialog) => dialog.remove());
  assert.throws(sessionLost, AwayError);
});
