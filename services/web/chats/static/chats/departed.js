// A counterpart was renamed, deactivated or erased while a page was open: it says so in words, and keeps what was typed.

import { setTitle } from "./badges.js";
import { holdsText, openForms, restoreDrafts, storeDraft } from "./drafts.js";
import { askCounterpart, get } from "./fetching.js";
import { fail, removeRow, resumeSending, stopForm, whereKept } from "./keeping.js";
import { $, $$, messages } from "./page.js";
import { all } from "./rows.js";

const STOPPED = "Nothing can be sent from here.";
const OTHER = "Choose another name to send this.";
const FIELD = 'form.compose input[name="to"]';
const COMPOSER = "main > form.compose, main > .deactivated"; // And what stands above it.
let isNext = true; // What is said next takes the place of what was said before.

const isolate = (name) => Object.assign(document.createElement("bdi"), { textContent: name });

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

// Rows of a list that are gone, or have another name; of the former the first `most` are asked for.
export async function tellOfRows(others, now, most) {
  isNext = true;
  for (const [conversation, name] of others) {
    if (now.has(conversation)) tellRenamed(name, now.get(conversation));
    else if (most-- > 0 && (await askCounterpart({ conversation })).conversation === null) tellErased(name);
  }
}

// `about`: of counterpart.js; `now`: the answer of the server.
export async function change(about, now) {
  isNext = true;
  if (now.conversation === null) return erased(about);
  const before = about.known;
  const isActive = now.is_active;
  about.known = { ...before, name: now.name, isActive };
  if (now.name !== before.name) {
    tellRenamed(before.name, now.name);
    rename(before.name, now, about);
  }
  if (isActive !== before.isActive) isActive ? activated(now.name) : deactivated(about);
  document.dispatchEvent(new Event("counterpart")); // Whoever shows messages of theirs fetches them.
  await showAnew(about);
}

const formsToSend = () => $$("form.compose").filter((form) => !form.dataset.draft?.startsWith("edit:"));

// What was typed stays; all else that this page shows of the conversation is gone.
function erased(about) {
  tellErased(about.known.name);
  [about.known, about.isGone] = [null, true];
  if (!about.subject) return stopAll(formsToSend(), OTHER);
  if (messages) all().forEach(removeRow);
  for (const part of $$("main nav.pages, main .jump, main blockquote, main ol.messages:not([data-conversation])")) part.remove();
  const open = openForms();
  stopAll(open);
  for (const form of $$("form.compose")) if (!open.includes(form)) form.remove();
  for (const heading of $$("main > h2")) $(COMPOSER) ? (heading.textContent = "Your text") : heading.remove();
}

function stopAll(forms, why = STOPPED) {
  for (const form of forms) {
    stopForm(form);
    fail(form, why);
    $(".failed", form).removeAttribute("role"); // The page has just said it.
  }
}

function deactivated({ subject, known }) {
  const kept = subject ? whereKept() : " You can choose another name.";
  tell(isolate(known.name), `’s account is deactivated: nobody can write to them.${kept}`);
  stopAll(formsToSend(), subject ? STOPPED : OTHER);
}

function activated(name) {
  tell(isolate(name), "’s account is active again.");
  formsToSend().forEach(resumeSending);
}

// The page has just said the new name: the next Send is meant for it.
function rename(old, { name, address }, { subject }) {
  for (const { elements } of $$("form.compose")) if (elements.to?.value === old) elements.to.value = name;
  if (!subject) formsToSend().forEach(storeDraft);
  const isAddressed = messages && !messages.dataset.thread; // By the name.
  if (isAddressed) history.replaceState(history.state, "", `${address}${location.search}${location.hash}`);
}

// Headings and form as they are by now; a form that holds a text stays.
async function showAnew({ subject, known }) {
  const page = subject && (await get(location.href));
  if (!page || $("[data-with]", page)?.dataset.conversation !== known.conversation) return;
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

// The form of a new message: by the name that was chosen.
async function chosen(about, field) {
  const name = field.value.trim();
  if (about.known?.name === name) return;
  forgetStopped(about, field);
  about.known = null;
  const now = name && (await askCounterpart({ to: name }));
  if (!now || now.conversation === null || field.value.trim() !== name) return;
  about.known = { conversation: now.conversation, name: now.name, isActive: now.is_active };
  isNext = true;
  if (!now.is_active) deactivated(about);
}

// Another name can be written to, from its first letter on.
function forgetStopped(about, { form, value }) {
  if (!form.dataset.stopped || about.known?.name === value.trim()) return;
  about.isGone = false;
  resumeSending(form);
  $(".news")?.remove();
}

export function watch(about, field) {
  const choose = (target) => chosen(about, target).catch(() => {}); // Without an answer it is a name like any other.
  const on = (event, work) => document.addEventListener(event, ({ target }) => target.matches(FIELD) && work(target));
  on("change", choose);
  on("input", (target) => forgetStopped(about, target));
  choose(field);
}
