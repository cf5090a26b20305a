// @ts-check
// The counterpart of this page. The code that handles changes is loaded when it is needed (departed.js).

import { checkContent } from "./away.js";
import { fetchCounterpart } from "./fetching.js";
import { $, $$, required } from "./page.js";

const FIELD = 'form.compose input[name="to"]:not([type="hidden"])';
const subject = $("[data-with]");
/** @param {HTMLElement} element @returns {Counterpart} */
const read = ({ dataset }) => ({
  conversation: String(dataset.conversation),
  name: String(dataset.with),
  isActive: "active" in dataset,
});
/** @type {About} */
const about = { subject, known: subject && read(subject), isGone: false };
async function departed() {
  const loaded = await import("./departed.js");
  checkContent();
  return loaded;
}
/** @type {Promise<boolean> | null} */
let checking = null;

export const isErased = () => about.isGone;

/**
 * Whether a fetched page shows the same conversation.
 * @param {Document} page
 */
export const isSame = (page) => $("[data-with]", page)?.dataset.conversation === about.known?.conversation;

/**
 * Whether a fetched page shows the counterpart with the known name and state.
 * @param {Document} page
 */
export function isAsKnown(page) {
  const { name, isActive } = read(required("[data-with]", page));
  return name === about.known?.name && isActive === about.known.isActive;
}

/**
 * Takes over the heading of a thread, which is the beginning of its first message.
 * @param {Document} page
 */
export async function updateHeading(page) {
  if ($("h1", page)?.textContent !== $("h1")?.textContent)
    await import("./headings.js").then(({ showHeadings }) => showHeadings(page));
}

// Requests the current name and state of the counterpart. Returns whether anything has changed.
export async function checkCounterpart() {
  if (!about.known) return about.isGone;
  return (checking ??= check(about.known).finally(() => (checking = null)));
}

/** @param {Counterpart} known */
async function check(known) {
  const now = await fetchCounterpart({ conversation: known.conversation });
  if (now.conversation !== null && now.name === known.name && now.is_active === known.isActive) return false;
  await (await departed()).change(about, known, now);
  return true;
}

// On the page of a new message, the counterpart is the member whose name is in the field.
export function watchReceiver() {
  const field = $(FIELD); // Other pages have none, or a hidden one.
  if (field) departed().then(({ watch }) => watch(about, field));
}

/** @param {HTMLElement} row */
const nameIn = (row) => String(($("bdi", row) ?? $(".who", row))?.textContent);

/**
 * The names of the counterparts in a list, by conversation.
 * @param {HTMLElement} rows
 */
export const namesIn = (rows) =>
  new Map($$("li[data-conversation]", rows).map((row) => [String(row.dataset.conversation), nameIn(row)]));

/**
 * For lists: shows why rows are missing or have another name.
 * @param {Map<string, string>} before
 * @param {HTMLElement} rows
 * @param {number} most
 */
export async function showDeparted(before, rows, most) {
  const now = namesIn(rows);
  const others = [...before].filter(([conversation, name]) => now.get(conversation) !== name);
  if (others.length) await (await departed()).showInRows(others, now, most);
}
