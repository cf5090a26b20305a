// Who the member is whom this page is about. What is said and done when that changes is loaded then (departed.js).

import { askCounterpart } from "./fetching.js";
import { $, $$ } from "./page.js";

const FIELD = 'form.compose input[name="to"]:not([type="hidden"])';
const subject = $("[data-with]");
const read = ({ dataset }) => ({ conversation: dataset.conversation, name: dataset.with, isActive: "active" in dataset });
const about = { subject, known: subject && read(subject), isGone: false };
const departed = () => import("./departed.js");
let checking = null;

export const isErased = () => about.isGone;

// Whether a page of the same address is about the same conversation, and says of its counterpart what is known here.
export const isSame = (page) => $("[data-with]", page)?.dataset.conversation === about.known?.conversation;
export function isAsKnown(page) {
  const { name, isActive } = read($("[data-with]", page));
  return name === about.known.name && isActive === about.known.isActive;
}

// Asks who the counterpart is by now; returns whether anything has changed.
export const checkCounterpart = async () => (about.known ? (checking ??= check().finally(() => (checking = null))) : about.isGone);

async function check() {
  const { known } = about;
  const now = await askCounterpart({ conversation: known.conversation });
  if (now.conversation !== null && now.name === known.name && now.is_active === known.isActive) return false;
  await (await departed()).change(about, now);
  return true;
}

// The form of a new message: about whoever is chosen.
export function watchReceiver() {
  if (!subject && $(FIELD)) departed().then(({ watch }) => watch(about, $(FIELD)));
}

// Lists: says why rows are gone, or have another name.
export const namesIn = (rows) =>
  new Map($$("li[data-conversation]", rows).map((row) => [row.dataset.conversation, ($("bdi", row) ?? $(".who", row)).textContent]));

export async function tellDeparted(before, rows, most) {
  const now = namesIn(rows);
  const others = [...before].filter(([conversation, name]) => now.get(conversation) !== name);
  if (others.length) await (await departed()).tellOfRows(others, now, most);
}
