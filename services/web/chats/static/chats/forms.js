// Sends forms by script, without leaving a page with messages. A form that is not accepted keeps its text.

import { saySent } from "./arrivals.js";
import { AwayError, sessionLost } from "./away.js";
import { checkCounterpart } from "./counterpart.js";
import { deleteDraft, restoreDrafts, sentFrom, storeDraft } from "./drafts.js";
import { get, isLogin, parse, renewTokens } from "./fetching.js";
import { fail, leave } from "./keeping.js";
import { tabs } from "./live.js";
import { $, $$, messages } from "./page.js";
import { byId, lastId, link } from "./rows.js";
import { merge, refreshMessages } from "./thread.js";

// SAID: the errors in the response to a form. PRESENT: the present text of a message after an edit conflict.
const SAID = ".errorlist, .stands";
const PRESENT = ".stands .content";

export let opening = false; // While a form is loading, typed letters must not act as shortcuts.

// Opens the form of another page inside a row of this page.
export async function openForm(anchor, row) {
  const open = $("form.compose", row);
  opening = !open;
  const page = open ? null : await get(anchor.href).finally(() => (opening = false));
  const form = open ?? (page && $("form.compose", page));
  if (!form && (await checkCounterpart())) return;
  if (!form) return leave(anchor.href, "This message is no longer there.");
  if (!open) place(document.importNode(form, true), row);
  const area = $("textarea", row);
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

function place(form, row) {
  for (const field of $$("[id]", form)) field.id += `_${row.id}`;
  for (const label of $$("label", form)) label.htmlFor += `_${row.id}`;
  const cancel = Object.assign(document.createElement("button"), {
    type: "button",
    className: "plain",
    textContent: "Cancel",
  });
  cancel.dataset.cancels = "";
  form.append(" ", cancel);
  if (isEdit(form)) row.classList.add("is-edited-here");
  row.append(form);
  restoreDrafts(row);
}

const isEdit = (form) => new URL(form.action, location.href).pathname.endsWith("/edit/");

export function closeForm(form) {
  const row = form.closest("li.message");
  if (!row) return document.activeElement?.blur();
  if (row.matches(".is-edited-here")) deleteDraft(form);
  form.remove();
  row.classList.remove("is-edited-here");
  row.tabIndex = -1;
  row.focus();
}

// A suggested name fills in the field and sends nothing.
export function fillName(button) {
  const { form } = button;
  form.elements.to.value = button.value;
  form.elements.to.dispatchEvent(new Event("change", { bubbles: true }));
  for (const old of $$(".errorlist, .similar", form)) old.remove();
  storeDraft(form);
  $("textarea", form).focus();
}

export function send(event) {
  const form = event.target;
  if (!form.matches("form.compose")) return;
  event.preventDefault();
  submit(form, event.submitter);
}

// The browser may restore a page whose form was busy.
export function freeForms() {
  for (const form of $$("form[data-busy]")) free(form);
}

function free(form) {
  delete form.dataset.busy;
  $("textarea", form).readOnly = false;
}

async function submit(form, button) {
  if (form.dataset.busy || form.dataset.stopped) return;
  form.dataset.busy = form.dataset.tried = "yes";
  storeDraft(form);
  $("textarea", form).readOnly = true; // Text that is typed now would be neither sent nor stored.
  $(".failed", form)?.remove();
  try {
    const id = form.elements.client_id.value;
    const response = await post(form, button);
    if (isLogin(response)) sessionLost();
    if (id && response.headers.get("X-Accepted") === id) await accepted(form, response.headers.get("Location"));
    else refused(form, response.status, await response.text());
  } catch (error) {
    if (error instanceof AwayError)
      fail(form, "You have been logged out. Your text is kept: log in and send it again.");
    else if (error instanceof TypeError) fail(form, "No connection. Your text is kept; send it again.");
    else throw error;
  } finally {
    free(form);
  }
}

async function post(form, button) {
  const headers = { Prefer: "return=minimal" };
  const request = () => fetch(form.action, { method: "POST", body: new FormData(form, button), headers });
  const response = await request();
  if (response.status !== 403) return response;
  await renewTokens(); // The form is older than the log-in.
  return request();
}

// Called only if the X-Accepted header contains the id of this form. Any other response keeps the draft.
async function accepted(form, address) {
  deleteDraft(form);
  tabs.postMessage(sentFrom(form));
  delete form.dataset.tried;
  if (!messages) {
    if (!isEdit(form)) renew(form); // After Back, the form is for another message.
    return location.assign(address);
  }
  saySent();
  if (form.closest("li.message")) closeForm(form);
  else renew(form);
  const id = Number(/\d+/.exec(address));
  if (link("next") && !messages.dataset.thread)
    return leave(address, "Your message was sent. It stands on a later page.", form);
  try {
    await showSent(address, id);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // The message was sent. The next update shows it.
  }
}

async function showSent(address, id) {
  if (messages.dataset.thread) {
    const page = await get(address);
    // If this page does not show the end of the thread, insert only the sent message.
    if (page) merge(page, (other) => other === id || !link("next"));
  } else await refreshMessages([lastId() + 1]);
  byId(id)?.scrollIntoView({ block: "nearest" });
}

// Empties the form and changes its id, because the next text is another message.
function renew(form) {
  $("textarea", form).value = "";
  for (const list of $$(".errorlist", form)) list.remove();
  form.elements.client_id.value = uuid();
}

// Like crypto.randomUUID, which browsers offer only over HTTPS.
function uuid() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function refused(form, status, html) {
  const answer = [409, 422].includes(status) && $("form.compose", parse(html));
  if (!answer) {
    // Not parsed: it may be a page of a proxy, whose styles would violate the CSP of this page.
    const why = /<h1[^>]*>([^<]+)/.exec(html)?.[1] ?? "That went wrong";
    return fail(form, `${why}. Your text is kept; ${status === 404 ? "you can copy it" : "send it again"}.`);
  }
  delete form.dataset.tried; // The response contains an unused id.
  if (messages) showErrors(form, answer);
  else form = replace(form, document.importNode(answer, true));
  storeDraft(form);
}

function showErrors(form, answer) {
  for (const old of $$(SAID, form)) old.remove();
  form.prepend(...$$(SAID, answer).map((said) => document.importNode(said, true)));
  form.elements.client_id.value = answer.elements.client_id.value;
  if (form.elements.version) form.elements.version.value = answer.elements.version.value;
  changeFrom($(PRESENT, answer)?.textContent, form);
  // The page has shown the present name, so the next Send goes to that member.
  const [shown, now] = [form.elements.to, answer.elements.to];
  if (shown?.type === "hidden" && now?.value) shown.value = now.value;
}

// Sets the original text of an edit to the present text of the message, and keeps the typed text.
function changeFrom(text, form) {
  if (text === undefined) return;
  const area = $("textarea", form);
  const typed = area.value;
  area.defaultValue = text;
  area.value = typed;
}

function replace(form, fresh) {
  fresh.dataset.draft = form.dataset.draft;
  changeFrom($(PRESENT, fresh)?.textContent ?? $("textarea", form).defaultValue, fresh);
  form.replaceWith(fresh);
  window.htmx?.process(fresh);
  ($('[aria-invalid="true"]', fresh) ?? $("textarea", fresh)).focus();
  return fresh;
}
