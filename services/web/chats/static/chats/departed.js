// Shows that a counterpart was renamed, deactivated or erased while the page was open. Keeps typed text.

import { setTitle } from "./badges.js";
import { holdsText, openForms, restoreDrafts, storeDraft } from "./drafts.js";
import { fetchCounterpart, get } from "./fetching.js";
import { fail, removeRow, resumeSending, stopForm, whereKept } from "./keeping.js";
import { $, $$, messages } from "./page.js";
import { all } from "./rows.js";

const STOPPED = "Nothing can be sent from here.";
const OTHER = "Choose another name to send this.";
const FIELD = 'form.compose input[name="to"]';
const COMPOSER = "main > form.compose, main > .deactivated"; // The form, or the text that replaces it.
let isNext = true; // Whether the next text replaces the previous ones.

const isolate = (name) => Object.assign(document.createElement("bdi"), { textContent: name });

// Shows a text that stays visible while the page is scrolled.
function show(...parts) {
  if (isNext) $(".news")?.remove();
  isNext = false;
  const line = $(".news") ?? Object.assign(document.createElement("p"), { className: "flash news" });
  line.setAttribute("role", "alert");
  line.append(...parts, " ");
  $("main").prepend(line);
}

const showErased = (name) =>
  show(isolate(name), `’s account was deleted. Everything you wrote to each other is gone.${whereKept()}`);
const showRenamed = (old, name) => show(isolate(old), " is now called ", isolate(name), ".");

// Shows which rows of a list were renamed or erased. Requests the state of at most `most` missing rows.
export async function showInRows(others, now, most) {
  isNext = true;
  for (const [conversation, name] of others) {
    if (now.has(conversation)) showRenamed(name, now.get(conversation));
    else if (most-- > 0 && (await fetchCounterpart({ conversation })).conversation === null) showErased(name);
  }
}

// `about` comes from counterpart.js. `now` is the response of the server.
export async function change(about, now) {
  isNext = true;
  if (now.conversation === null) return erased(about);
  const before = about.known;
  const isActive = now.is_active;
  about.known = { ...before, name: now.name, isActive };
  if (now.name !== before.name) {
    showRenamed(before.name, now.name);
    rename(before.name, now, about);
  }
  if (isActive !== before.isActive) isActive ? activated(now.name) : deactivated(about);
  document.dispatchEvent(new Event("counterpart")); // events.js fetches the messages again.
  await showCurrent(about);
}

const formsToSend = () => $$("form.compose").filter((form) => !form.dataset.draft?.startsWith("edit:"));

// Removes everything that this page shows of the conversation, except typed text.
function erased(about) {
  showErased(about.known.name);
  [about.known, about.isGone] = [null, true];
  if (!about.subject) return stopAll(formsToSend(), OTHER);
  if (messages) all().forEach(removeRow);
  for (const part of $$("main nav.pages, main .jump, main blockquote, main ol.messages:not([data-conversation])"))
    part.remove();
  const open = openForms();
  stopAll(open);
  for (const form of $$("form.compose")) if (!open.includes(form)) form.remove();
  for (const heading of $$("main > h2")) $(COMPOSER) ? (heading.textContent = "Your text") : heading.remove();
}

function stopAll(forms, why = STOPPED) {
  for (const form of forms) {
    stopForm(form);
    fail(form, why);
    $(".failed", form).removeAttribute("role"); // The text at the top of the page is already an alert.
  }
}

function deactivated({ subject, known }) {
  const kept = subject ? whereKept() : " You can choose another name.";
  show(isolate(known.name), `’s account is deactivated: nobody can write to them.${kept}`);
  stopAll(formsToSend(), subject ? STOPPED : OTHER);
}

function activated(name) {
  show(isolate(name), "’s account is active again.");
  formsToSend().forEach(resumeSending);
}

// The page has shown the new name, so the next Send goes to that member.
function rename(old, { name, address }, { subject }) {
  for (const { elements } of $$("form.compose")) if (elements.to?.value === old) elements.to.value = name;
  if (!subject) formsToSend().forEach(storeDraft);
  const isAddressed = messages && !messages.dataset.thread; // The URL contains the name.
  if (isAddressed) history.replaceState(history.state, "", `${address}${location.search}${location.hash}`);
}

// Updates the headings and the form. A form that contains text stays.
async function showCurrent({ subject, known }) {
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

// On the page of a new message: sets the counterpart to the member with the chosen name.
async function chosen(about, field) {
  const name = field.value.trim();
  if (about.known?.name === name) return;
  removeStopped(about, field);
  about.known = null;
  const now = name && (await fetchCounterpart({ to: name }));
  if (!now || now.conversation === null || field.value.trim() !== name) return;
  about.known = { conversation: now.conversation, name: now.name, isActive: now.is_active };
  isNext = true;
  if (!now.is_active) deactivated(about);
}

// Enables a stopped form again as soon as the name in the field changes.
function removeStopped(about, { form, value }) {
  if (!form.dataset.stopped || about.known?.name === value.trim()) return;
  about.isGone = false;
  resumeSending(form);
  $(".news")?.remove();
}

export function watch(about, field) {
  const choose = (target) => chosen(about, target).catch(() => {}); // After an error, any name is accepted.
  const on = (event, work) => document.addEventListener(event, ({ target }) => target.matches(FIELD) && work(target));
  on("change", choose);
  on("input", (target) => removeStopped(about, target));
  choose(field);
}
