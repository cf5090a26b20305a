// Forms in place, and drafts.

import { get, isLogin, parse } from "./fetching.js";
import { $, $$, messages } from "./page.js";
import { byId, lastId, link } from "./rows.js";
import { merge, refreshMessages } from "./thread.js";

const draftKey = (form) => `draft ${new URL(form.action).pathname}`;

export function restoreDrafts(within = document) {
  for (const form of $$("form.compose", within)) {
    const draft = sessionStorage.getItem(draftKey(form));
    if (draft !== null) $("textarea", form).value = draft;
  }
}

export function keepDraft({ target }) {
  const form = target.closest?.("form.compose");
  if (form && target.matches("textarea")) sessionStorage.setItem(draftKey(form), target.value);
}

// A form that was sent the plain way and did not come back has arrived.
export function forgetSentDraft() {
  const key = sessionStorage.getItem("sent");
  sessionStorage.removeItem("sent");
  if (key && !$(".errorlist")) sessionStorage.removeItem(key);
}

export let opening = false; // What is typed until the form is there must not be taken for shortcuts.

// The form of another page, in a row of this one.
export async function openForm(anchor, row) {
  const open = $("form.compose", row);
  opening = !open;
  const page = open ? null : await get(anchor.href).finally(() => (opening = false));
  const form = open ?? (page && $("form.compose", page));
  if (!form) return location.assign(anchor.href);
  if (!open) {
    const isEdit = new URL(form.action, location.href).pathname.endsWith("/edit/");
    const placed = document.importNode(form, true);
    for (const field of $$("[id]", placed)) field.id += `_${row.id}`;
    for (const label of $$("label", placed)) label.htmlFor += `_${row.id}`;
    const cancel = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: "Cancel" });
    cancel.dataset.cancels = "";
    placed.append(" ", cancel);
    if (isEdit) row.classList.add("is-edited-here");
    row.append(placed);
    restoreDrafts(row);
  }
  const area = $("textarea", row);
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

export function closeForm(form) {
  const row = form.closest("li.message");
  if (!row) return document.activeElement?.blur();
  if (row.matches(".is-edited-here")) sessionStorage.removeItem(draftKey(form));
  form.remove();
  row.classList.remove("is-edited-here");
  row.tabIndex = -1;
  row.focus();
}

// In place where a thread is shown, the plain way elsewhere; once in any case.
export function send(event) {
  const form = event.target;
  if (!form.matches("form.compose")) return;
  if (messages) {
    event.preventDefault();
    submit(form, event.submitter);
  } else {
    if (form.dataset.busy) event.preventDefault();
    form.dataset.busy = "yes";
    sessionStorage.setItem("sent", draftKey(form));
  }
}

// The browser may show a page again as it was left.
export function freeForms() {
  for (const form of $$("form[data-busy]")) delete form.dataset.busy;
}

async function submit(form, button) {
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  $(".failed", form)?.remove();
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form, button) });
    const page = parse(await response.text());
    if (isLogin(response)) fail(form, "You were logged out. Your text is kept: log in again.");
    else if (response.ok && $("ol.messages", page)) await sent(form, page, response.url);
    else if ($("form.compose", page)) showErrors(form, $("form.compose", page));
    else fail(form, $("h1", page)?.textContent ?? "That went wrong.");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    fail(form, "No connection. Your text is kept; send it again.");
  } finally {
    delete form.dataset.busy;
  }
}

async function sent(form, page, address) {
  const whole = new URL(address);
  sessionStorage.removeItem(draftKey(form));
  if (messages.dataset.thread) {
    // Of the page around it only what was sent, unless all that stands between is shown here.
    const id = Number(whole.hash.slice(2));
    merge(page, (other) => other === id || !link("next"));
  } else if (link("next")) return location.assign(address);
  else await refreshMessages([lastId() + 1]);
  if (form.closest("li.message")) closeForm(form);
  else renew(form, page);
  byId(whole.hash.slice(2) || lastId())?.scrollIntoView({ block: "nearest" });
}

// Empty, and with another id: what is written next is another message.
function renew(form, page) {
  $("textarea", form).value = "";
  for (const list of $$(".errorlist", form)) list.remove();
  const fresh = $('form.compose input[name="client_id"]', page);
  if (fresh && form.elements.client_id) form.elements.client_id.value = fresh.value;
}

function showErrors(form, answer) {
  for (const list of $$(".errorlist", form)) list.remove();
  for (const list of $$(".errorlist", answer)) form.prepend(document.importNode(list, true));
}

function fail(form, text) {
  const line = Object.assign(document.createElement("p"), { className: "failed", textContent: text });
  line.setAttribute("role", "alert");
  form.append(line);
}
