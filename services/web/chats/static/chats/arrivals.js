// Says what arrives to those who do not see it: in a live region, politely, and only what is new.

import { $ } from "./page.js";

const MOST = 3; // More at once are counted.
const LONGEST = 200; // Characters of a message.
const SOON = 1000; // A badge may count a message before this page shows it.
let shown = 0; // Messages of others that came into this page since the timer ran last,
let grown = 0; // and by how much the badge grew.
let unread = 0;
let timer = null;

function say(text) {
  const log = $("#arrivals");
  if (!log) return;
  log.append(Object.assign(document.createElement("p"), { textContent: text }));
  while (log.children.length > 10) log.firstChild.remove();
}

function begin(text) {
  const characters = [...new Intl.Segmenter().segment(text)];
  return characters.length > LONGEST ? `${text.slice(0, characters[LONGEST].index)}…` : text;
}

// Rows of others that came into this page by themselves; what the member sends is said by its form.
export function sayArrivals(rows) {
  const others = rows.filter((row) => !row.matches(".is-mine"));
  if (others.length) wait();
  shown += others.length;
  if (others.length > MOST) return say(`${others.length} new messages.`);
  for (const row of others) say(`New message from ${$(".who", row).textContent}: ${begin($(".content", row).textContent)}`);
}

export const saySent = () => say("Message sent.");

// Of messages that this page does not show.
export function sayUnread(before, now) {
  grown += Math.max(now - before, 0);
  unread = now;
  if (!timer) wait();
}

// From the latest row on: its badge follows it.
function wait() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (grown > shown && unread && !document.hidden) say(unread === 1 ? "1 unread message." : `${unread} unread messages.`);
    shown = grown = 0;
    timer = null;
  }, SOON);
}
