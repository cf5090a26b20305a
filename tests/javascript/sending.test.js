// Tests of sending.js: what happens to the form of an edit and its draft after each response to a send.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, NO_RESPONSE, openPage, serve } from "./page.js";

let answers, requests, encoding;
openPage('<ol class="messages" data-conversation="3" data-with="bob" data-version="v"></ol>', {
  url: await serve((request) => {
    requests.push(`${request.method} ${request.url}`);
    if (request.method === "POST") encoding = request.headers["content-type"];
    return answers.length > 1 ? answers.shift() : answers[0];
  }),
});
HTMLElement.prototype.scrollIntoView = () => {};
Object.assign(globalThis, { innerHeight: 100, scrollY: 0 });
const { freeForms, submit: send } = await load("sending", "forms");
const list = document.querySelector("ol");
const stored = () => JSON.parse(localStorage.getItem("draft 7 conversation:3"));
const PAGE = '<ol class="messages" data-conversation="3" data-with="bob" data-version="w"></ol>';
const ACCEPTED = { status: 200, headers: { "X-Accepted": "old", Location: "/chats/message/5/" } };
const tabs = new BroadcastChannel("bobbin");
let form, area;

/** Submits the form and waits for the end of its handling. */
async function submit(...responses) {
  [answers, requests] = [responses, []];
  await send(form, null);
}
const failed = () => form.querySelector(".failed")?.textContent;

beforeEach(() => {
  localStorage.clear();
  list.replaceChildren();
  document.querySelectorAll("form, dialog, nav").forEach((part) => part.remove());
  document.body.insertAdjacentHTML(
    "beforeend",
    `<dialog id="logged-out"></dialog>
    <form class="compose" action="${location.origin}/send/" data-draft="conversation:3">
      <input type="hidden" name="csrfmiddlewaretoken" value="stale"><input type="hidden" name="client_id" value="old">
      <input type="hidden" name="to" value="bob"><p class="errorlist">an earlier error</p>
      <textarea></textarea><button type="submit">Send</button>
    </form>`,
  );
  form = document.querySelector("form");
  area = form.querySelector("textarea");
  area.value = "typed";
});

test("accepted text leaves no draft", async () => {
  await submit(ACCEPTED, { body: PAGE });
  assert.deepEqual([stored(), form.dataset.tried], [null, undefined]);
});

test("form is sent in the encoding that the server reads fastest", async () => {
  await submit(ACCEPTED, { body: PAGE });
  assert.equal(encoding, "application/x-www-form-urlencoded;charset=UTF-8");
});

test("accepted text is reported to the other tabs", async () => {
  const reported = new Promise((done) => (tabs.onmessage = ({ data }) => done(data)));
  await submit(ACCEPTED, { body: PAGE });
  assert.deepEqual(await reported, { kind: "sent", draft: "draft 7 conversation:3", text: "typed" });
});

test("accepted text is announced", async () => {
  document.body.insertAdjacentHTML("beforeend", '<div id="arrivals"></div>');
  await submit(ACCEPTED, { body: PAGE });
  assert.equal(document.querySelector("#arrivals").textContent, "Saved");
});

test("text is kept after a response that does not accept this id", async () => {
  for (const [id, accepted] of Object.entries({ old: "other", "": "" })) {
    form.elements.client_id.value = id;
    await submit({ ...ACCEPTED, headers: { ...ACCEPTED.headers, "X-Accepted": accepted } });
    assert.deepEqual([area.value, stored()?.text], ["typed", "typed"]);
    assert.equal(failed(), "Something went wrong. Your text is kept; send it again.");
  }
});

test("accepted text is no draft although there is no connection afterwards", async () => {
  await submit(ACCEPTED, { status: 0 });
  assert.deepEqual([stored(), failed()], [null, undefined]);
});

test("text is read-only while it is sent, and sent once", async () => {
  const sent = submit(ACCEPTED, { body: PAGE });
  assert.equal(area.readOnly, true);
  send(form, null);
  await sent;
  assert.equal(area.readOnly, false);
  assert.equal(requests.filter((one) => one.startsWith("POST")).length, 1);
});

test("stopped form sends nothing", async () => {
  form.dataset.stopped = "yes";
  await submit(ACCEPTED);
  assert.deepEqual(requests, []);
});

test("text that could not be sent is kept with its id, so that it arrives once", async () => {
  await submit({ status: 0 });
  assert.equal(failed(), "Not sent: there is no connection. Your text is kept; send it again later.");
  assert.deepEqual([stored().text, stored().id, area.value, area.readOnly], ["typed", "old", "typed", false]);
});

test("request without a response ends, and the text can be sent again", async () => {
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (time) => timeout.call(AbortSignal, time / 1000);
  await submit(NO_RESPONSE);
  AbortSignal.timeout = timeout;
  assert.equal(failed(), "Not sent: there is no connection. Your text is kept; send it again later.");
  assert.deepEqual([stored().text, area.readOnly], ["typed", false]);
});

test("error beside the button is replaced by the next send", async () => {
  await submit({ status: 500, body: "<h1>Something went wrong</h1>" });
  assert.equal(failed(), "Something went wrong. Your text is kept; send it again.");
  await submit(ACCEPTED, { body: PAGE });
  assert.equal(failed(), undefined);
});

for (const [status, advice] of [
  [404, "you can copy it"],
  [413, "shorten it and send it again"],
  [429, "wait a minute and send it again"],
  [503, "send it again"],
])
  test(`refused text is kept, with advice for the status ${status}`, async () => {
    await submit({ status, body: "<h1>That did not work</h1>" });
    assert.equal(failed(), `That did not work. Your text is kept; ${advice}.`);
    assert.equal(stored().text, "typed");
  });

test("send after a log-out keeps the text and opens the dialog", async () => {
  await submit({ status: 302, headers: { Location: "/accounts/login/" } }, {});
  assert.match(failed(), /^You have been logged out/);
  assert.ok(document.querySelector("dialog").open);
});

for (const [status, title, advice] of [
  [429, "Too many requests", "wait a minute and send it again"],
  [503, "Bobbin is not available right now", "send it again"],
])
  test(`send that gets no new token, with the status ${status}, says so and can be sent again`, async () => {
    await submit({ status: 403 }, { status, body: `<h1>${title}</h1>` });
    assert.equal(failed(), `${title}. Your text is kept; ${advice}.`);
    assert.deepEqual([area.value, area.readOnly, stored().text, stored().id], ["typed", false, "typed", "old"]);
    await submit(ACCEPTED, { body: PAGE });
    assert.deepEqual([stored(), failed()], [null, undefined]);
  });

test("send with the token of an earlier log-in is repeated once with a new one", async () => {
  const token = '<form class="compose"><input name="csrfmiddlewaretoken" value="fresh"></form>';
  await submit({ status: 403 }, { body: token }, ACCEPTED, { body: PAGE });
  assert.deepEqual(requests.slice(0, 3), ["POST /send/", "GET /chats/new/", "POST /send/"]);
  assert.deepEqual([form.elements.csrfmiddlewaretoken.value, stored()], ["fresh", null]);
});

const REFUSED = `<form class="compose">
  <input type="hidden" name="client_id" value="new"><input type="hidden" name="to" value="robert">
  <p class="errorlist">bob is now called robert</p><textarea>typed</textarea></form>`;

test("refused text is shown with the errors, the id and the receiver of the response", async () => {
  await submit({ status: 422, body: REFUSED });
  assert.equal(form.querySelector(".errorlist").textContent, "bob is now called robert");
  assert.equal(form.querySelectorAll(".errorlist").length, 1);
  assert.deepEqual([form.elements.client_id.value, form.elements.to.value], ["new", "robert"]);
  assert.deepEqual(
    [area.value, form.dataset.tried, stored().text, stored().id],
    ["typed", undefined, "typed", undefined],
  );
});

test("receiver in a visible field is what the member typed", async () => {
  form.elements.to.type = "text";
  await submit({ status: 422, body: REFUSED });
  assert.equal(form.elements.to.value, "bob");
});

test("error of a proxy is shown as such, although its page may contain a form", async () => {
  await submit({ status: 502, body: `<h1>Bad gateway</h1>${REFUSED}` });
  assert.equal(failed(), "Bad gateway. Your text is kept; send it again.");
});

test("form that the browser restores while it was busy can be sent", () => {
  form.dataset.busy = "yes";
  area.readOnly = true;
  freeForms();
  assert.deepEqual([form.dataset.busy, area.readOnly], [undefined, false]);
});

/** Puts the form into a row, as an edit of the text "before". */
function editInRow() {
  list.innerHTML = `<li class="message is-edited-here" id="m5"><span class="meta"></span><div class="content"></div></li>`;
  form.dataset.draft = "edit:5";
  form.insertAdjacentHTML("beforeend", '<input type="hidden" name="version" value="v1">');
  area.defaultValue = "before";
  area.value = "typed";
  list.firstElementChild.append(form);
}

test("accepted edit in a row closes its form", async () => {
  editInRow();
  await submit(ACCEPTED, { body: PAGE });
  assert.equal(list.querySelector("form"), null);
});

const CONFLICT = `<form class="compose">
  <input type="hidden" name="client_id" value="new"><input type="hidden" name="version" value="v2">
  <div class="stands"><div class="content">from elsewhere</div></div><textarea>typed</textarea></form>`;

test("edit after a conflict begins from the present text and keeps the typed one", async () => {
  editInRow();
  for (let n = 0; n < 2; n++) await submit({ status: 409, body: CONFLICT });
  assert.equal(form.querySelectorAll(".stands").length, 1);
  assert.equal(form.elements.version.value, "v2");
  assert.deepEqual([area.defaultValue, area.value], ["from elsewhere", "typed"]);
});
