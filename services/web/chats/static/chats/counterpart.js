// The counterpart of this page. The code that handles changes is loaded when it is needed (departed.js).

import { fetchCounterpart } from "./fetching.js";
import { $, $$ } from "./page.js";

const FIELD = 'form.compose input[name="to"]:not([type="hidden"])';
const subject = $("[data-with]");
const read = ({ dataset }) => ({
  conversation: dataset.conversation,
  name: dataset.with,
  isActive: "active" in dataset,
});
const about = { subject, known: subject && read(subject), isGone: false };
const departed = () => import("./departed.js");
let checking = null;

export const isErased = () => about.isGone;

// isSame: a fetched page shows the same conversation. isAsKnown: its counterpart has not changed.
export const isSame = (page) => $("[data-with]", page)?.dataset.conversation === about.known?.conversation;
export function isAsKnown(page) {
  const { name, isActive } = read($("[data-with]", page));
  return name === about.known.name && isActive === about.known.isActive;
}

// Requests the current name and state of the counterpart. Returns whether anything has changed.
export const checkCounterpart = async () =>
  about.known ? (checking ??= check().finally(() => (checking = null))) : about.isGone;

async function check() {
  const { known } = about;
  const now = await fetchCounterpart({ conversation: known.conversation });
  if (now.conversation !== null && now.name === known.name && now.is_active === known.isActive) return false;
  await (await departed()).change(about, now);
  return true;
}

// On the page of a new message, the counterpart is the member whose name is in the field.
export function watchReceiver() {
  if (!subject && $(FIELD)) departed().then(({ watch }) => watch(about, $(FIELD)));
}

// For lists: shows why rows are missing or have another name.
export const namesIn = (rows) =>
  new Map(
    $$("li[data-conversation]", rows).map((row) => [
      row.dataset.conversation,
      ($("bdi", row) ?? $(".who", row)).textContent,
    ]),
  );

export async function showDeparted(before, rows, most) {
  const now = namesIn(rows);
  const others = [...before].filter(([conversation, name]) => now.get(conversation) !== name);
  if (others.length) await (await departed()).showInRows(others, now, most);
}
