// Times in the time zone and the language of the browser. Without JavaScript the pages say them in UTC.

import { $$ } from "./page.js";

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

// Whether the zone of the browser is UTC, whatever its name: Firefox says Reykjavik when it protects its user's.
const isUTC = (year) => Array.from({ length: 12 }, (_, month) => new Date(year, month).getTimezoneOffset()).every((offset) => !offset);

// Made anew for each pass over a page: the browser may have moved to another zone since the last one.
export function formats() {
  const { locale } = new Intl.DateTimeFormat().resolvedOptions();
  // Browsers that protect their zone claim UTC: then the page says so.
  const zone = isUTC(new Date().getFullYear()) ? " UTC" : "";
  const format = (options) => {
    const local = new Intl.DateTimeFormat(undefined, options);
    return (date) => `${local.format(date)}${options.timeStyle === "long" ? "" : zone}`;
  };
  return {
    locale,
    date: format({ dateStyle: "long" }),
    minute: format({ dateStyle: "medium", timeStyle: "short" }),
    second: format({ dateStyle: "long", timeStyle: "long" }), // Names its zone.
    relative: new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }),
  };
}

// The number of a local calendar day: a day may have 23 or 25 hours.
const dayOf = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY;

export function describe(date, now, { locale, minute, relative }) {
  const age = now - date;
  const days = dayOf(now) - dayOf(date);
  if (age < -MINUTE) return minute(date);
  if (age < MINUTE) return locale.startsWith("en") ? "just now" : relative.format(0, "second");
  if (age < HOUR) return relative.format(-Math.floor(age / MINUTE), "minute");
  if (days < 1) return relative.format(-Math.floor(age / HOUR), "hour");
  if (days < 7) return relative.format(-days, "day");
  return minute(date);
}

export function showTimes(within = document) {
  const known = formats();
  const now = new Date();
  for (const time of $$("time[datetime]", within)) {
    const date = new Date(time.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    const text = "dateOnly" in time.dataset ? known.date(date) : describe(date, now, known);
    if (time.textContent !== text) time.textContent = text;
    time.title = known.second(date);
    if (!known.locale.startsWith("en")) Object.assign(time, { lang: known.locale, dir: "auto" });
  }
}
