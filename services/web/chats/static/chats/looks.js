// The theme, and times as one says them.

import { $, $$ } from "./page.js";

const THEMES = { "": "as the system", light: "light", dark: "dark" };

export function showTheme() {
  const theme = localStorage.getItem("theme") ?? "";
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  const label = $("[data-theme-switch] span");
  if (label) label.textContent = THEMES[theme];
}

export function switchTheme() {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(localStorage.getItem("theme") ?? "") + 1) % names.length];
  if (next) localStorage.setItem("theme", next);
  else localStorage.removeItem("theme");
  showTheme();
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

export function showTimes(within = document) {
  for (const time of $$("time[datetime]", within)) {
    const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
    const [unit, length] = UNITS.find(([, least]) => -seconds >= least) ?? ["now"];
    if (unit === "now") time.textContent = "just now";
    else if (seconds > -7 * 86400) time.textContent = relative.format(Math.ceil(seconds / length), unit);
  }
}
