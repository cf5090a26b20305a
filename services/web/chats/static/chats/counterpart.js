// The member whom this page is about may be renamed, deactivated or erased while it is open: the page says so in words.

import { setTitle } from "./badges.js";
import { formsWithText, holdsText, restoreDrafts, storeDraft } from "./drafts.js";
import { askCounterpart, get } from "./fetching.js";
import { fail, removeRow, resumeSending, stopForm } from "./keeping.js";
import { $, $$, messages } from "./page.js";
import { all } from "./rows.js";

const STOPPED = "Nothing can be sent from here.";
const COMPOSER = "main > form.compose, main > .deactivated"; // And what stands above it.
const subject = $("[data-with]");
let known = subject && { conversation: subject.dataset.conversation, name: subject.dataset.with, isActive: "active" in subject.dataset };
let isGone = false;
let checking = null;
let isNext = true; // What is said next takes the place of what was said before.

export const isErased = () => isGone;

// Whether a page of the same address is about the same conversation, and says of its counterpart what is known here.
export const isSame = (page) => $("[data-with]", page)?.dataset.conversation === known?.conversation;
export function isAsKnown(page) {
  const { dataset } = $("[data-with]", page);
  return dataset.with === known.name && "active" in dataset === known.isActive;
}

const isolate = (name) => Object.assign(document.createElement("bdi"), { textContent: name });

const whereKept = () => (formsWithText().length ? " You can still copy your text." : "");

// In sight wherever the page is scrolled to.
function tell(...parts) {
  if (isNext) $(".news")?.remove();
  isNext = false;
  const line = $(".news") ?? Object.assign(document.createElement("p"), { className: "flash news" });
  line.setAttribute("role", "alert");
  line.append(...parts, " ");
  $("main").prepend(line);
}

const tellErased = (name) => tell(isolate(name), `’s account was deleted. Everything you wrote to each other is gone.${whereKept()}`);
const tellRenamed = (old, name) => tell(isolate(old), " is now called ", isolate(name), ".");

// Asks who the counterpart is by now; returns whether anything has changed.
export const checkCounterpart = async () => (known ? (checking ??= check().finally(() => (checking = null))) : isGone);

async function check() {
  const now = await askCounterpart({ conversation: known.conversation });
  if (!now || !known) return isGone;
  isNext = true;
  if (now.conversation === null) return erased();
  const before = known;
  const isActive = now.is_active;
  if (now.name === before.name && isActive === before.isActive) return false;
  known = { ...before, name: now.name, isActive };
  if (now.name !== before.name) {
    tellRenamed(before.name, now.name);
    rename(before.name, now);
  }
  if (isActive !== before.isActive) isActive ? activated() : deactivated();
  await showAnew();
  document.dispatchEvent(new Event("counterpart")); // Whoever shows messages of theirs fetches them.
  return true;
}

const formsToSend = () => $$("form.compose").filter((form) => !form.dataset.draft?.startsWith("edit:"));

// What was typed stays; all else that this page shows of the conversation is gone.
function erased() {
  tellErased(known.name);
  [known, isGone] = [null, true];
  if (!subject) return stopAll(formsToSend());
  if (messages) all().forEach(removeRow);
  for (const part of $$("main nav.pages, main .jump, main blockquote, main ol.messages:not([data-conversation])")) part.remove();
  const forms = $$("form.compose");
  stopAll(forms.filter(holdsText));
  for (const form of forms) if (!holdsText(form)) form.remove();
  for (const heading of $$("main > h2")) $(COMPOSER) ? (heading.textContent = "Your text") : heading.remove();
  return true;
}

function stopAll(forms) {
  for (const form of forms) {
    stopForm(form);
    fail(form, STOPPED);
    $(".failed", form).removeAttribute("role"); // The page has just said it.
  }
  return true;
}

function deactivated() {
  tell(isolate(known.name), `’s account is deactivated: nobody can write to them.${whereKept()}`);
  stopAll(formsToSend());
}

function activated() {
  tell(isolate(known.name), "’s account is active again.");
  formsToSend().forEach(resumeSending);
}

// The page has just said the new name: the next Send is meant for it.
function rename(old, { name, address }) {
  for (const { elements } of $$("form.compose")) if (elements.to?.value === old) elements.to.value = name;
  if (!subject) formsToSend().forEach(storeDraft);
  const isAddressed = messages && !messages.dataset.thread; // By the name.
  if (isAddressed) history.replaceState(history.state, "", `${address}${location.search}${location.hash}`);
}

// Headings and form as they are by now; a form that holds a text stays.
async function showAnew() {
  const page = subject && (await get(location.href));
  if (!page || !isSame(page)) return;
  setTitle(page.title);
  for (const part of ["h1", ".crumbs", "main blockquote"]) {
    const [old, fresh] = [$(part), $(part, page)];
    if (old && fresh) old.replaceWith(document.importNode(fresh, true));
  }
  if ($(COMPOSER)) replaceComposer(page);
}

const composer = (within = document) => $$(`${COMPOSER}, main > h2`, within);

function replaceComposer(page) {
  const [old, fresh] = [composer(), composer(page).map((part) => document.importNode(part, true))];
  if ($$("main > form.compose").some(holdsText)) {
    const [heading, now] = [old, fresh].map((parts) => parts.find((part) => part.matches("h2")));
    if (heading && now) heading.replaceWith(now);
    return;
  }
  const hasFocus = old.some((part) => part.contains(document.activeElement));
  old[0].before(...fresh);
  for (const part of old) part.remove();
  restoreDrafts($("main"));
  if (hasFocus) $("main > form.compose textarea")?.focus();
}

// --- The form of a new message: by the name that was chosen.
const fieldOf = (form) => $('input[name="to"]:not([type="hidden"])', form);

async function receiverChosen({ target }) {
  if (subject || !target.matches?.('form.compose input[name="to"]')) return;
  const name = target.value.trim();
  if (known?.name === name) return;
  known = null;
  if (isGone || target.form.dataset.stopped) {
    isGone = false;
    resumeSending(target.form);
    $(".news")?.remove();
  }
  const now = name && (await askCounterpart({ to: name }));
  if (!now || now.conversation === null || target.value.trim() !== name) return;
  known = { conversation: now.conversation, name: now.name, isActive: now.is_active };
  if (!known.isActive) deactivated();
}

export function watchReceiver() {
  if (subject) return;
  const choose = (event) => receiverChosen(event).catch(() => {}); // Without an answer it is a name like any other.
  document.addEventListener("change", choose);
  const field = $("form.compose") && fieldOf($("form.compose"));
  if (field?.value) choose({ target: field });
}

// --- Lists: says why rows are gone, or have another name.
const namesIn = (rows) =>
  new Map($$("li[data-conversation]", rows).map((row) => [row.dataset.conversation, ($("bdi", row) ?? $(".who", row)).textContent]));

export const rememberNames = namesIn;

export async function tellDeparted(before, rows, most) {
  const now = namesIn(rows);
  isNext = true;
  for (const [conversation, name] of before) {
    const other = now.get(conversation);
    if (other && other !== name) tellRenamed(name, other);
    if (other || most-- <= 0) continue;
    const found = await askCounterpart({ conversation });
    if (found?.conversation === null) tellErased(name);
  }
}
