// Tests of keys.js, moving.js and forms.js: what a key does in a list of messages, in a form and while a form loads.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage, serve } from "./page.js";

let answer;
openPage("", { url: await serve(() => answer) });
const { closeForm, openForm, press, showKeySwitch } = await load("keys", "forms");
const ROWS = [1, 2, 3, 4].map(
  (id) => `
  <li class="message" id="m${id}" data-top="${(id - 2) * 100}">
    <p class="actions"><a href="/chats/message/${id}/reply/">Reply</a></p>
  </li>`,
);
const PAGE = `
  <dialog id="keys"><input type="checkbox" data-single-keys></dialog>
  <ol class="messages">${ROWS.join("")}</ol>
  <form class="compose" data-draft="conversation:3"><textarea></textarea><button type="submit"></button></form>`;
const row = (id) => document.querySelector(`#m${id}`);
const focused = () => document.activeElement.id;
const area = () => document.querySelector("body > form textarea");
globalThis.innerHeight = 150; // Rows 2 and 3 are visible.
HTMLElement.prototype.scrollIntoView = () => {};
HTMLElement.prototype.getBoundingClientRect = function () {
  return { top: Number(this.dataset.top), bottom: Number(this.dataset.top) + 50 };
};
document.addEventListener("keydown", press);

/** Presses keys where the focus is. Returns whether the page used the last one. */
async function type(keys, modifiers = {}) {
  let event;
  for (const key of keys) {
    event = new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...modifiers });
    document.activeElement.dispatchEvent(event);
    await new Promise((done) => setImmediate(done)); // The keys for moving are loaded when they are needed.
  }
  return event.defaultPrevented;
}

const formOf = (draft, text = "") =>
  `<form class="compose" data-draft="${draft}">
    <label for="id_content">Text</label><textarea id="id_content">${text}</textarea>
  </form>`;

beforeEach(() => {
  localStorage.clear();
  answer = { body: formOf("reply:2") };
  document.body.innerHTML = PAGE;
  showKeySwitch();
});

// The first test: nothing has loaded moving.js yet.
test("keys that are pressed while the first one loads its module are handled in order", async () => {
  const clicked = [];
  row(3).querySelector("a").onclick = ({ target }) => {
    area().focus(); // As the form that opens.
    return !clicked.push(target.pathname);
  };
  document.body.insertAdjacentHTML(
    "beforeend",
    '<p class="top" data-top="-50"><a class="button" href="/chats/new/"></a></p>',
  );
  document.querySelector(".top .button").onclick = ({ target }) => !clicked.push(target.pathname);
  for (const key of "jjrn")
    document.body.dispatchEvent(new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  assert.deepEqual([document.activeElement, clicked], [document.body, []]);
  while (!clicked.length) await new Promise((done) => setImmediate(done));
  await new Promise((done) => setImmediate(done));
  assert.deepEqual([document.activeElement, clicked], [area(), ["/chats/message/3/reply/"]]);
});

test("j begins at the first visible row and k at the last", async () => {
  await type("j");
  assert.equal(focused(), "m2");
  document.activeElement.blur();
  await type("k");
  assert.equal(focused(), "m3");
});

test("j and k move from the focused row, and the ends keep the focus", async () => {
  await type("jkk");
  row(1).dataset.top = "0";
  await type("kk");
  assert.equal(focused(), "m1");
  await type("j");
  assert.equal(focused(), "m2");
});

test("focused row that is not visible is not where j goes on", async () => {
  row(4).tabIndex = -1;
  row(4).focus();
  await type("j");
  assert.equal(focused(), "m2");
});

test("hidden rows are passed over", async () => {
  await type("j");
  row(3).hidden = true;
  row(4).dataset.top = "100";
  await type("j");
  assert.equal(focused(), "m4");
});

test("r clicks Reply of the focused row and otherwise focuses the form of the page", async () => {
  const clicked = [];
  for (const link of document.querySelectorAll(".actions a")) link.onclick = () => !clicked.push(link.pathname);
  await type("r");
  assert.equal(document.activeElement, area());
  area().blur();
  await type("jr");
  assert.deepEqual(clicked, ["/chats/message/2/reply/"]);
});

test("e without a row or without Edit does nothing", async () => {
  let clicks = 0;
  document.body.insertAdjacentHTML("beforeend", '<p class="actions"><a href="/edit/">Edit</a></p>');
  document.querySelector('a[href="/edit/"]').onclick = () => !(clicks += 1);
  await type("eje");
  assert.equal(clicks, 0);
});

test("e clicks Edit of the focused row", async () => {
  let clicks = 0;
  await type("j");
  row(2).querySelector(".actions").innerHTML += ' <a href="/chats/message/2/edit/">Edit</a>';
  row(2).querySelector('a[href$="/edit/"]').onclick = () => !(clicks += 1);
  await type("e");
  assert.deepEqual([clicks, row(2).tabIndex], [1, -1]);
});

test("slash focuses the search field, and without one it goes to the search", async () => {
  let clicks = 0;
  document.body.insertAdjacentHTML(
    "beforeend",
    '<p class="top"><a href="/chats/search/"></a></p><input type="search">',
  );
  document.querySelector(".top a").onclick = () => !(clicks += 1);
  await type("/");
  assert.deepEqual([document.activeElement, clicks], [document.querySelector("input[type=search]"), 0]);
  document.activeElement.remove();
  await type("/");
  assert.equal(clicks, 1);
});

test("j on a page without rows does nothing", async () => {
  document.querySelector("ol").remove();
  press({ key: "j", target: document.body, preventDefault() {} });
});

test("letters in a field, with a modifier or behind a dialog are no shortcuts", async () => {
  for (const modifier of ["ctrlKey", "metaKey", "altKey"]) assert.equal(await type("j", { [modifier]: true }), false);
  area().focus();
  assert.equal(await type("j"), false);
  area().blur();
  document.querySelector("dialog").setAttribute("open", "");
  assert.equal(await type("j"), false);
  assert.equal(document.activeElement, document.body);
});

test("keys that are no shortcuts are left to the browser, and shortcuts are not", async () => {
  assert.equal(await type(["constructor"]), false);
  assert.equal(await type("x"), false);
  assert.equal(await type("j"), true);
});

test("shortcuts that are turned off stay off and visitors have none", async () => {
  const box = document.querySelector("#keys input");
  box.checked = false;
  box.onchange();
  assert.equal(await type("j"), false);
  document.body.innerHTML = PAGE;
  showKeySwitch();
  assert.equal(await type("j"), false);
  document.querySelector("#keys input").remove();
  showKeySwitch();
  assert.equal(await type("j"), false);
});

test("Ctrl+Enter and Meta+Enter send a form, and Enter alone does not", async () => {
  let sent = 0;
  area().form.requestSubmit = () => (sent += 1);
  area().focus();
  await type(["Enter"]);
  assert.equal(sent, 0);
  await type(["Enter"], { ctrlKey: true });
  await type(["Enter"], { metaKey: true });
  assert.equal(sent, 2);
});

test("keys of an input method neither send nor close a form", async () => {
  let sent = 0;
  area().form.requestSubmit = () => (sent += 1);
  area().focus();
  await type(["Enter"], { ctrlKey: true, isComposing: true });
  await type(["Escape"], { isComposing: true });
  assert.deepEqual([sent, document.activeElement], [0, area()]);
});

test("Escape in the form of the page leaves the field", async () => {
  area().value = "typed";
  area().focus();
  await type(["Escape"]);
  assert.deepEqual([document.activeElement, area().value], [document.body, "typed"]);
});

test("keys while a form loads do nothing, and afterwards they work", async () => {
  await type("j");
  const opened = openForm(row(2).querySelector("a"), row(2));
  assert.equal(await type("jr"), true);
  assert.equal(focused(), "m2");
  await opened;
  assert.equal(document.activeElement, row(2).querySelector("textarea"));
  await type(["Escape"]);
  assert.equal(focused(), "m2");
  await type("j");
  assert.equal(focused(), "m3");
});

test("keys work after a form that could not be loaded", async () => {
  answer = { status: 503 };
  await type("j");
  await assert.rejects(openForm(row(2).querySelector("a"), row(2)), /^Error: 503/);
  await type("j");
  assert.equal(focused(), "m3");
});

test("form that is open already keeps its text and gets the focus at the end", async () => {
  await openForm(row(2).querySelector("a"), row(2));
  const opened = row(2).querySelector("textarea");
  opened.value = "typed";
  opened.setSelectionRange(0, 0);
  opened.blur();
  await openForm(row(2).querySelector("a"), row(2));
  assert.equal(document.activeElement, opened);
  assert.equal(opened.selectionStart, 5);
  await type(["Escape"]);
  await type("j");
  assert.equal(focused(), "m3");
});

test("ids and labels in a row are different from those of the page", async () => {
  await openForm(row(2).querySelector("a"), row(2));
  assert.equal(row(2).querySelector("label").htmlFor, "id_content_m2");
  assert.equal(row(2).querySelector("textarea").id, "id_content_m2");
});

test("Cancel deletes the draft of an edit and keeps the draft of a reply", async () => {
  for (const [about, left] of Object.entries({ "edit:2": 0, "reply:2": 1 })) {
    answer = { body: formOf(about, about === "edit:2" ? "as sent" : "") };
    localStorage.setItem(`draft 7 ${about}`, JSON.stringify({ text: "half a text", at: Date.now() }));
    await openForm(row(2).querySelector("a"), row(2));
    assert.equal(row(2).querySelector("textarea").value, "half a text");
    assert.equal(row(2).matches(".is-edited-here"), about === "edit:2");
    closeForm(row(2).querySelector("form"));
    assert.equal(localStorage.length, left);
    assert.equal(row(2).matches(".is-edited-here"), false);
    localStorage.clear();
  }
});
