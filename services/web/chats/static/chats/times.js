// @ts-check
// Shows times in the time zone and the language of the browser. Without JavaScript, pages show UTC.

import { $$ } from "./page.js";

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

/**
 * Whether the time zone of the browser equals UTC. The name may differ: Firefox can report Reykjavik instead.
 * @param {number} year
 */
const isUTC = (year) =>
  Array.from({ length: 12 }, (_, month) => new Date(year, month).getTimezoneOffset()).every((offset) => !offset);

// Created for each update of a page, because the time zone may have changed since the last update.
export function formats() {
  const { locale } = new Intl.DateTimeFormat().resolvedOptions();
  // Some browsers report UTC for privacy, so the page shows which zone it uses.
  const zone = isUTC(new Date().getFullYear()) ? " UTC" : "";
  /** @param {Intl.DateTimeFormatOptions} options */
  const format = (options) => {
    const local = new Intl.DateTimeFormat(undefined, options);
    return (/** @type {Date} */ date) => `${local.format(date)}${options.timeStyle === "long" ? "" : zone}`;
  };
  return {
    locale,
    date: format({ dateStyle: "long" }),
    minute: format({ dateStyle: "medium", timeStyle: "short" }),
    second: format({ dateStyle: "long", timeStyle: "long" }), // Contains the time zone.
    relative: new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }),
  };
}

/**
 * The number of a local calendar day. It is not computed from hours, because a day may have 23 or 25.
 * @param {Date} date
 */
const dayOf = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY;

/** @param {Date} date @param {Date} now @param {Pick<ReturnType<typeof formats>, "locale" | "minute" | "relative">} formats */
export function describe(date, now, { locale, minute, relative }) {
  const age = now.getTime() - date.getTime();
  const days = dayOf(now) - dayOf(date);
  if (age < -MINUTE) return minute(date);
  if (age < MINUTE) return locale.startsWith("en") ? "just now" : relative.format(0, "second");
  if (age < HOUR) return relative.format(-Math.floor(age / MINUTE), "minute");
  if (days < 1) return relative.format(-Math.floor(age / HOUR), "hour");
  if (days < 7) return relative.format(-days, "day");
  return minute(date);
}

/** @param {ParentNode} within */
export function showTimes(within = document) {
  const known = formats();
  const now = new Date();
  for (const time of $$("time[datetime]", within)) {
    const date = new Date(time.dateTime);
    const text = "dateOnly" in time.dataset ? known.date(date) : describe(date, now, known);
    if (time.textContent !== text) time.textContent = text;
    time.title = known.second(date);
    if (!known.locale.startsWith("en")) Object.assign(time, { lang: known.locale, dir: "auto" });
  }
}
