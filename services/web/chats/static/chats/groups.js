// @ts-check
// Groups messages in the order of time by author and by day. The server does the same with days of the zone of the
// reader (chats/groups.py); this module uses the time zone of the browser.

import { $, $$, isTree, make, messages } from "./page.js";
import { ROW } from "./rows.js";
import { gettext, nodes } from "./texts.js";
import { dayOf, showTimes } from "./times.js";

const TOGETHER = 5 * 60_000; // Milliseconds. As in chats/groups.py.

/** @typedef {{ isMine: boolean, isNew: boolean, time: string }} Line */

/**
 * Returns the separators before each message, and whether it continues the group of the message before it.
 * @param {Line[]} lines
 */
export function placesOf(lines) {
  const firstNew = lines.findIndex(({ isNew }) => isNew);
  const times = lines.map(({ time }) => new Date(time));
  return lines.map(({ isMine }, at) => {
    const isDay = at === 0 || dayOf(times[at]) !== dayOf(times[at - 1]);
    const isTogether = !isDay && Number(times[at]) - Number(times[at - 1]) <= TOGETHER;
    return { isDay, isNew: at === firstNew, isMore: isTogether && at !== firstNew && isMine === lines[at - 1].isMine };
  });
}

/** @param {HTMLElement} row @returns {Line} */
const lineOf = (row) => ({
  isMine: row.matches(".is-mine"),
  isNew: row.matches(".is-new"),
  time: String($("time", row)?.dateTime),
});

/** @param {boolean} isNew @param {string} time */
const keyOf = (isNew, time) => `${isNew} ${time}`;

/** @param {boolean} isNew @param {string} dateTime */
function makeSeparator(isNew, dateTime) {
  const separator = make("li", { className: isNew ? "separator new" : "separator" });
  const [heading, time] = [make("h2", {}), make("time", { dateTime })];
  heading.append(...(isNew ? nodes(gettext("New since %(time)s"), { time }) : [time]));
  separator.append(heading);
  return separator;
}

// Called after each change of the rows. Replaces only the separators that differ.
export function group(list = messages) {
  if (!list || (list === messages && isTree)) return;
  const rows = $$(ROW, list).filter((row) => $("time", row));
  const separators = $$(":scope > .separator", list);
  const old = new Map(separators.map((one) => [keyOf(one.matches(".new"), String($("time", one)?.dateTime)), one]));
  const lines = rows.map(lineOf);
  placesOf(lines).forEach(({ isDay, isNew, isMore }, at) => {
    rows[at].classList.toggle("is-more", isMore);
    /** @type {HTMLElement} */
    let next = rows[at];
    // From the message upwards: the separator of a day comes first.
    for (const ofNew of [true, false]) {
      if (!(ofNew ? isNew : isDay)) continue;
      const key = keyOf(ofNew, lines[at].time);
      const known = old.get(key);
      const separator = known ?? makeSeparator(ofNew, lines[at].time);
      old.delete(key);
      if (next.previousElementSibling !== separator) next.before(separator);
      if (!known) showTimes(separator);
      next = separator;
    }
  });
  for (const separator of old.values()) separator.remove();
}

// A row can be removed by several modules.
export function watchGroups() {
  if (messages && !isTree) new MutationObserver(() => group()).observe(messages, { childList: true });
}
