// @ts-check
// Shows that a counterpart was renamed, deactivated or erased while the page was open. Keeps typed text.

import { isEdit, openForms, storeDraft } from "./drafts.js";
import { fetchCounterpart } from "./fetching.js";
import { showCurrent, updateSkip } from "./headings.js";
import { fail, removeRow, resumeSending, stopForm, whereKept } from "./keeping.js";
import { $, $$, make, messages, required, thread } from "./page.js";
import { all } from "./rows.js";
import { gettext, nodes } from "./texts.js";

const STOPPED = gettext("Nothing can be sent from here.");
const OTHER = gettext("Choose another name to send this.");
const FIELD = 'form.compose input[name="to"]';
let isNext = true; // Whether the next text replaces the previous ones.

/** @param {string} name */
const isolate = (name) => make("bdi", { textContent: name });

/**
 * Shows a sentence that stays visible while the page is scrolled.
 * @param {string} sentence With "%(name)s" and "%(old)s" in the places of names.
 * @param {{ name: string, old?: string }} names
 * @param {string} [more] A second sentence.
 */
function show(sentence, { name, old = "" }, more = "") {
  if (isNext) $(".news")?.remove();
  isNext = false;
  const line = $(".news") ?? make("p", { className: "flash news", role: "alert" });
  line.append(...nodes(sentence, { name: isolate(name), old: isolate(old) }), more && ` ${more}`, " ");
  required("main").prepend(line);
}

/** @param {string} name */
const showErased = (name) =>
  show(gettext("%(name)s’s account was deleted. Everything you wrote to each other is gone."), { name }, whereKept());
/** @param {string} old @param {string} name */
const showRenamed = (old, name) => show(gettext("%(old)s is now called %(name)s."), { name, old });

/**
 * Shows which rows of a list were renamed or erased. Requests the state of at most `most` missing rows.
 * @param {[conversation: string, name: string][]} others
 * @param {Map<string, string>} names
 * @param {number} most
 */
export async function showInRows(others, names, most) {
  isNext = true;
  for (const [conversation, name] of others) {
    const now = names.get(conversation);
    if (now !== undefined) showRenamed(name, now);
    else if (most-- > 0 && (await fetchCounterpart({ conversation })).conversation === null) showErased(name);
  }
}

/**
 * Shows what has changed. `about` and `before` come from counterpart.js. `now` is the response of the server.
 * @param {About} about
 * @param {Counterpart} before
 * @param {CounterpartState} now
 */
export async function change(about, before, now) {
  isNext = true;
  if (now.conversation === null) return erased(about, before.name);
  const isActive = now.is_active;
  about.known = { ...before, name: now.name, isActive };
  if (now.name !== before.name) {
    showRenamed(before.name, now.name);
    rename(before.name, now, about);
  }
  if (isActive && !before.isActive) activated(now.name);
  if (!isActive && before.isActive) deactivated(about, now.name);
  document.dispatchEvent(new Event("counterpart")); // events.js fetches the messages again.
  await showCurrent(about.subject, before.conversation);
}

const formsToSend = () => $$("form.compose").filter((form) => !isEdit(form));

/**
 * Removes everything that this page shows of the conversation, except typed text.
 * @param {About} about
 * @param {string} name
 */
function erased(about, name) {
  showErased(name);
  [about.known, about.isGone] = [null, true];
  if (!about.subject) return stopAll(formsToSend(), OTHER);
  if (messages) all().forEach(removeRow);
  for (const part of $$("main nav.pages, main .jump, main > blockquote, main ol.messages:not([data-conversation])"))
    part.remove();
  const open = openForms();
  stopAll(open);
  for (const form of $$("form.compose")) if (!open.includes(form)) form.remove();
  updateSkip();
}

/** @param {HTMLFormElement[]} forms */
function stopAll(forms, why = STOPPED) {
  for (const form of forms) {
    stopForm(form);
    fail(form, why);
    $(".failed", form)?.removeAttribute("role"); // The text at the top of the page is already an alert.
  }
}

/** @param {About} about @param {string} name */
function deactivated({ subject }, name) {
  const kept = subject ? whereKept() : gettext("You can choose another name.");
  show(gettext("%(name)s’s account is deactivated: nobody can write to them."), { name }, kept);
  stopAll(formsToSend(), subject ? STOPPED : OTHER);
}

/** @param {string} name */
function activated(name) {
  show(gettext("%(name)s’s account is active again."), { name });
  formsToSend().forEach(resumeSending);
}

/**
 * The page has shown the new name, so the next Send goes to that member.
 * @param {string} old
 * @param {{ name: string, address: string, made: string }} now
 * @param {About} about
 */
function rename(old, { name, address, made }, { subject }) {
  for (const { elements } of $$("form.compose")) {
    if (elements.to?.value !== old) continue;
    elements.to.value = name;
    if (elements.made) elements.made.value = made;
  }
  // The finder searches in the conversation with this name.
  if (subject) subject.dataset.with = name;
  else formsToSend().forEach(storeDraft);
  const isAddressed = messages && !thread; // The URL contains the name.
  if (isAddressed) history.replaceState(history.state, "", `${address}${location.search}${location.hash}`);
}

/**
 * On the page of a new message: sets the counterpart to the member with the chosen name.
 * @param {About} about
 * @param {HTMLInputElement} field
 */
async function chosen(about, field) {
  const name = field.value.trim();
  if (about.known?.name === name) return;
  removeStopped(about, field);
  about.known = null;
  const now = name ? await fetchCounterpart({ to: name }) : null;
  if (!now || now.conversation === null || field.value.trim() !== name) return;
  about.known = { conversation: String(now.conversation), name: now.name, isActive: now.is_active };
  isNext = true;
  if (!now.is_active) deactivated(about, now.name);
}

/**
 * Enables a stopped form again as soon as the name in the field changes.
 * @param {About} about
 * @param {HTMLInputElement} field
 */
function removeStopped(about, { form, value }) {
  if (!form?.dataset.stopped || about.known?.name === value.trim()) return;
  about.isGone = false;
  resumeSending(form);
  $(".news")?.remove();
}

/** @param {About} about @param {HTMLInputElement} field */
export function watch(about, field) {
  /** @param {HTMLInputElement} target */
  const choose = (target) => chosen(about, target).catch(() => {}); // After an error, any name is accepted.
  /** @param {"change" | "input"} event @param {(field: HTMLInputElement) => void} work */
  const on = (event, work) =>
    document.addEventListener(event, ({ target }) => {
      if (target instanceof HTMLInputElement && target.matches(FIELD)) work(target);
    });
  on("change", choose);
  on("input", (target) => removeStopped(about, target));
  choose(field);
}
