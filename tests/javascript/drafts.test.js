// Tests of drafts.js: which text is stored, restored and deleted.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

const DAY = 86_400_000;
openPage(`
  <form class="compose" data-draft="conversation:3">
    <input type="hidden" name="client_id" value="fresh"><textarea></textarea>
  </form>
  <form class="compose" data-draft="edit:12">
    <input type="hidden" name="client_id" value="fresh"><input type="hidden" name="version" value="v1">
    <textarea>as sent</textarea>
  </form>
  <form class="compose" data-draft="new:">
    <input type="hidden" name="client_id" value="fresh"><input type="hidden" name="made" value="token">
    <input name="to" value=""><textarea></textarea>
  </form>`);
const drafts = await load("drafts");
const [reply, edit, compose] = document.forms;
const area = (form) => form.querySelector("textarea");
const stored = (key) => JSON.parse(localStorage.getItem(key));
const store = (key, draft) => localStorage.setItem(key, JSON.stringify({ text: "Hi", at: Date.now(), ...draft }));
const storage = localStorage;

/** Makes the storage refuse further keys, as a full one does. Zero also stands for a disabled storage. */
function limitStorage(most) {
  const setItem = (key, value) => {
    if (storage.length >= most) throw new DOMException("full", "QuotaExceededError");
    storage.setItem(key, value);
  };
  const get = (target, name) => (name === "setItem" ? setItem : target[name]);
  globalThis.localStorage = new Proxy(storage, { get });
}

beforeEach(() => {
  globalThis.localStorage = storage;
  storage.clear();
  reply.dataset.draft = "conversation:3";
  compose.elements.made.value = "token";
  for (const form of document.forms) {
    form.reset();
    form.removeAttribute("autocomplete");
    form.elements.client_id.value = "fresh";
    delete form.dataset.tried;
  }
});

test("typed text is stored by member and form", () => {
  area(reply).value = "Hello";
  drafts.storeDraft(reply);
  assert.equal(stored("draft 7 conversation:3").text, "Hello");
});

test("browser restores no text that the storage has", () => {
  limitStorage(0);
  area(reply).value = "Hello";
  drafts.storeDraft(reply);
  assert.notEqual(reply.autocomplete, "off");
  globalThis.localStorage = storage;
  drafts.storeDraft(reply);
  assert.equal(reply.autocomplete, "off");
});

test("browser restores no text that came from the storage", () => {
  store("draft 7 conversation:3");
  drafts.restoreDrafts();
  assert.equal(reply.autocomplete, "off");
});

test("form without text deletes its draft", () => {
  store("draft 7 conversation:3");
  area(reply).value = "  ";
  drafts.storeDraft(reply);
  assert.equal(localStorage.length, 0);
});

test("chosen receiver without text is stored", () => {
  compose.elements.to.value = "bob";
  drafts.storeDraft(compose);
  const { to, made } = stored("draft 7 new:");
  assert.deepEqual([to, made], ["bob", "token"]);
});

test("id of a form is stored only after an attempt to send it", () => {
  area(reply).value = "Hello";
  drafts.storeDraft(reply);
  assert.equal(stored("draft 7 conversation:3").id, undefined);
  reply.dataset.tried = "yes";
  drafts.storeDraft(reply);
  assert.equal(stored("draft 7 conversation:3").id, "fresh");
});

test("draft is restored with its id, so that the message is sent once", () => {
  store("draft 7 conversation:3", { id: "tried" });
  drafts.restoreDrafts();
  assert.deepEqual([area(reply).value, reply.elements.client_id.value, reply.dataset.tried], ["Hi", "tried", "yes"]);
});

test("edit is stored with the version of its original text", () => {
  area(edit).value = "changed";
  drafts.storeDraft(edit);
  assert.equal(stored("draft 7 edit:12").version, "v1");
});

test("edit is restored with the version of its original text", () => {
  store("draft 7 edit:12", { version: "v0" });
  drafts.restoreDrafts();
  assert.deepEqual([area(edit).value, edit.elements.version.value], ["Hi", "v0"]);
});

test("text that is already typed is newer than the draft", () => {
  store("draft 7 conversation:3");
  area(reply).value = "Newer";
  drafts.restoreDrafts();
  assert.equal(area(reply).value, "Newer");
  assert.equal(stored("draft 7 conversation:3").text, "Newer");
});

test("draft after 30 days is not restored", () => {
  store("draft 7 conversation:3", { at: Date.now() - 30 * DAY });
  drafts.restoreDrafts();
  assert.equal(area(reply).value, "");
});

test("damaged draft is not restored, and is removed", () => {
  for (const value of ["{", "null", '"x"', "[]", '{"at": 9e15}', '{"text": 7, "at": 9e15}']) {
    localStorage.setItem("draft 7 conversation:3", value);
    drafts.restoreDrafts();
    assert.equal(area(reply).value, "");
    drafts.tidyDrafts();
    assert.equal(localStorage.length, 0);
  }
});

test("form without a draft of its own stores nothing", () => {
  area(reply).value = "Hello";
  delete reply.dataset.draft;
  drafts.storeDraft(reply);
  assert.equal(localStorage.length, 0);
});

test("text and receiver are stored as they are typed, and other fields are not", () => {
  compose.elements.to.value = "bob";
  for (const target of [compose.elements.made, compose, document.body]) drafts.keepDraft({ target });
  assert.equal(localStorage.length, 0);
  drafts.keepDraft({ target: compose.elements.to });
  assert.equal(stored("draft 7 new:").to, "bob");
  area(compose).value = "Hello";
  drafts.keepDraft({ target: area(compose) });
  assert.equal(stored("draft 7 new:").text, "Hello");
});

test("token of a name is restored with the name", () => {
  store("draft 7 new:", { to: "bob", made: "earlier" });
  drafts.restoreDrafts();
  assert.deepEqual([compose.elements.to.value, compose.elements.made.value], ["bob", "earlier"]);
});

test("token is not restored for a draft without a name", () => {
  store("draft 7 new:", { to: "", made: "earlier" });
  drafts.restoreDrafts();
  assert.equal(compose.elements.made.value, "token");
});

test("unchanged text of an edit is not text that could be lost", () => {
  assert.equal(drafts.holdsText(edit), false);
  area(edit).value = "changed";
  assert.equal(drafts.holdsText(edit), true);
});

test("edit is an open form even without a change", () => {
  assert.deepEqual(drafts.openForms(), [edit]);
});

test("form with the focus or in a row is open even without text", () => {
  area(compose).focus();
  assert.deepEqual(drafts.openForms(), [edit, compose]);
  area(compose).blur();
  const row = Object.assign(document.createElement("li"), { className: "message" });
  compose.replaceWith(row);
  row.append(compose);
  assert.deepEqual(drafts.openForms(), [edit, compose]);
  row.replaceWith(compose);
});

test("drafts of other members are deleted, also of one whose number begins with the same digits", () => {
  for (const key of ["draft 7 conversation:3", "draft 70 conversation:3", "draft 8 conversation:3"]) store(key);
  drafts.tidyDrafts();
  assert.deepEqual(Object.keys(localStorage), ["draft 7 conversation:3"]);
});

test("old drafts and those beyond 50 are deleted", () => {
  store("draft 7 old", { at: Date.now() - 31 * DAY });
  for (let n = 0; n < 51; n++) store(`draft 7 conversation:${n}`, { at: Date.now() + n });
  localStorage.setItem("bobbin-theme", "dark");
  drafts.tidyDrafts();
  assert.equal(localStorage.length, 51); // 50 drafts and the theme.
  assert.equal(localStorage.getItem("draft 7 conversation:0"), null);
});

test("full storage makes room by the oldest ten drafts", () => {
  for (let n = 0; n < 12; n++) store(`draft 7 conversation:${n}`, { at: Date.now() + n });
  limitStorage(12);
  reply.dataset.draft = "conversation:99";
  area(reply).value = "Hello";
  drafts.storeDraft(reply);
  const left = [10, 11, 99].map((n) => `draft 7 conversation:${n}`);
  assert.deepEqual(Object.keys(storage).sort(), left);
});

test("storage that accepts nothing is no error", () => {
  limitStorage(0);
  area(reply).value = "Hello";
  drafts.storeDraft(reply);
  assert.equal(storage.length, 0);
});

test("text that another tab has sent is removed and not stored again", () => {
  area(reply).value = "Hello";
  drafts.keepUnsent(drafts.sentFrom(reply));
  assert.equal(area(reply).value, "");
  assert.equal(localStorage.length, 0);
});

test("text that this tab also tried to send stays, because its id delivers it once", () => {
  area(reply).value = "Hello";
  reply.dataset.tried = "yes";
  drafts.keepUnsent(drafts.sentFrom(reply));
  assert.equal(area(reply).value, "Hello");
});

test("same text in another form than the sent one stays", () => {
  area(reply).value = area(compose).value = "Hello";
  drafts.keepUnsent(drafts.sentFrom(reply));
  assert.equal(area(compose).value, "Hello");
});

test("different text than another tab has sent becomes the draft", () => {
  area(reply).value = "Hello";
  const sent = drafts.sentFrom(reply);
  area(reply).value = "Hello again";
  drafts.keepUnsent(sent);
  assert.equal(stored("draft 7 conversation:3").text, "Hello again");
});

test("form without a text takes the draft that another tab has stored since, with its id", () => {
  store("draft 7 conversation:3", { text: "from the other tab", id: "tried" });
  store("draft 7 new:", { text: "to Bob", to: "bob", made: "other" });
  store("draft 7 edit:12", { text: "edited", version: "v0" });
  drafts.takeDrafts();
  assert.equal(area(reply).value, "from the other tab");
  assert.equal(reply.elements.client_id.value, "tried");
  assert.deepEqual([area(compose).value, compose.elements.to.value], ["to Bob", "bob"]);
  assert.equal(compose.elements.made.value, "other");
  assert.deepEqual([area(edit).value, edit.elements.version.value], ["edited", "v0"]);
});

test("form with another text or recipient keeps them, and the draft stays", () => {
  area(reply).value = "mine";
  store("draft 7 conversation:3", { text: "theirs", id: "tried" });
  area(compose).value = "same text";
  compose.elements.to.value = "charlie";
  store("draft 7 new:", { text: "same text", to: "bob", id: "tried" });
  drafts.takeDrafts();
  assert.equal(area(reply).value, "mine");
  assert.equal(compose.elements.to.value, "charlie");
  assert.deepEqual(
    [reply, compose].map((form) => form.elements.client_id.value),
    ["fresh", "fresh"],
  );
  assert.equal(stored("draft 7 conversation:3").text, "theirs");
});

test("form with the same text takes over the id of a send whose response was lost", () => {
  area(reply).value = "the same";
  store("draft 7 conversation:3", { text: "the same", id: "tried in the other tab" });
  drafts.takeDrafts();
  assert.equal(reply.elements.client_id.value, "tried in the other tab");
  store("draft 7 conversation:3", { text: "the same", id: "another" });
  drafts.takeDrafts();
  assert.equal(reply.elements.client_id.value, "tried in the other tab"); // It was tried with this id.
});

test("edit that another tab has saved stays and is no longer open", () => {
  area(edit).value = "saved";
  store("draft 7 edit:12", { text: "saved" });
  drafts.keepUnsent({ draft: "draft 7 edit:12", text: "saved" });
  assert.equal(area(edit).value, "saved");
  assert.equal(drafts.holdsText(edit), false);
  area(edit).defaultValue = "as sent";
});

test("page warns before a text is lost that the storage does not have", () => {
  const warnings = [];
  globalThis.addEventListener = (kind, warn) => warnings.push([kind, warn]);
  const type = (text) => {
    area(reply).value = text;
    area(reply).dispatchEvent(new Event("input", { bubbles: true }));
  };
  document.addEventListener("input", drafts.keepDraft);
  type("stored");
  const [[kind, warn]] = warnings;
  const warns = () => {
    const event = new Event("beforeunload", { cancelable: true });
    warn(event);
    return event.defaultPrevented;
  };
  assert.equal(kind, "beforeunload");
  assert.equal(warns(), false);
  store("draft 7 conversation:3", { text: "of another tab" });
  assert.equal(warns(), true);
  limitStorage(0);
  localStorage.removeItem("draft 7 conversation:3");
  type("not stored");
  assert.equal(warns(), true);
  area(reply).value = "";
  assert.equal(warns(), false);
  document.removeEventListener("input", drafts.keepDraft);
});
