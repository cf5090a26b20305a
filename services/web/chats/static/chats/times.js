// @ts-check
// Shows times in the time zone of the browser and the language of the page. Without JavaScript, pages show them in the
// zone that the member has chosen, or in the zone of the site.

import { $$ } from "./page.js";
import { language } from "./texts.js";

const DAY = 86_400_000; // Milliseconds.

/**
 * Whether the time zone of the browser equals UTC. The name may differ: Firefox can report Reykjavik instead.
 * @param {number} year
 */
const isUTC = (year) =>
  Array.from({ length: 12 }, (_, month) => new Date(year, month).getTimezoneOffset()).every((offset) => !offset);

/** @type {{ timeZone: string, formats: ReturnType<typeof make> } | undefined} */
let latest;

// Created again only if the time zone of the browser has changed.
export function formats() {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  if (latest?.timeZone !== timeZone) latest = { timeZone, formats: make() };
  return latest.formats;
}

function make() {
  // Some browsers report UTC for privacy, so a text with a clock time shows which zone it uses.
  const zone = isUTC(new Date().getFullYear()) ? " UTC" : "";
  /** @param {Intl.DateTimeFormatOptions} options */
  const format = (options, end = "") => {
    const local = new Intl.DateTimeFormat(language, options);
    return (/** @type {Date} */ date) => `${local.format(date)}${end}`;
  };
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  return {
    date: format({ dateStyle: "long" }, zone),
    minute: format({ dateStyle: "medium", timeStyle: "short" }, zone),
    second: format({ dateStyle: "long", timeStyle: "long" }), // Contains the time zone.
    clock: format({ timeStyle: "short" }, zone),
    weekday: format({ weekday: "short" }),
    weekdayClock: format({ weekday: "short", hour: "numeric", minute: "2-digit" }, zone),
    month: format({ day: "numeric", month: "short" }),
    year: format({ dateStyle: "medium" }),
    day: format({ weekday: "long", day: "numeric", month: "long" }),
    dayOfYear: format({ weekday: "long", day: "numeric", month: "long", year: "numeric" }),
    /** @param {number} days */
    relative: (days) => relative.format(days, "day").replace(/^./u, (first) => first.toLocaleUpperCase(language)),
  };
}

/** @typedef {ReturnType<typeof formats>} Formats */
/** @typedef {"clock" | "day" | "row" | "text" | "date"} Kind */

/**
 * The number of a local calendar day. It is not computed from hours, because a day may have 23 or 25.
 * @param {Date} date
 */
export const dayOf = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY;

/**
 * The text of a time: of a message below the separator of its day (`clock`), of this separator (`day`), of a row in a
 * list (`row`), of any other time (`text`), or of a date (`date`).
 * @param {Date} date
 * @param {Date} now
 * @param {Formats} known
 * @param {Kind} kind
 */
export function describe(date, now, known, kind = "text") {
  if (kind === "date" || kind === "clock") return known[kind](date);
  const days = dayOf(now) - dayOf(date);
  const isThisYear = date.getFullYear() === now.getFullYear();
  if (kind === "day") {
    if (days === 0 || days === 1) return known.relative(-days);
    return isThisYear ? known.day(date) : known.dayOfYear(date);
  }
  if (days === 0) return known.clock(date);
  const isThisWeek = days > 0 && days < 7;
  if (kind === "row") return (isThisWeek ? known.weekday : isThisYear ? known.month : known.year)(date);
  return (isThisWeek ? known.weekdayClock : known.minute)(date);
}

/** @param {HTMLTimeElement} time @returns {Kind} */
function kindOf(time) {
  if ("dateOnly" in time.dataset) return "date";
  if (time.closest(".separator:not(.new)")) return "day";
  if (time.closest(".replies, .seen")) return "text";
  if (time.closest("ol.messages[data-conversation]:not([data-tree])")) return "clock";
  return time.closest(".row") ? "row" : "text";
}

/** @param {ParentNode} within */
export function showTimes(within = document) {
  const known = formats();
  const now = new Date();
  for (const time of $$("time[datetime]", within)) {
    const date = new Date(time.dateTime);
    const text = describe(date, now, known, kindOf(time));
    if (time.textContent !== text) time.textContent = text;
    time.title = known.second(date);
  }
}
