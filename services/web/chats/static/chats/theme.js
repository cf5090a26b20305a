// @ts-check
// The theme.

import { $ } from "./page.js";
import { recall, remember } from "./remembered.js";
import { gettext } from "./texts.js";

/** @type {Record<string, string>} */
const THEMES = { "": gettext("System"), light: gettext("Light"), dark: gettext("Dark") };
const NAMES = Object.keys(THEMES);
const KEY = "bobbin-theme"; // Not `theme`, which Django's admin uses.

/** @param {string | null} name */
const themeOf = (name) => (name !== null && NAMES.includes(name) ? name : "");

export function showTheme(theme = themeOf(recall(KEY))) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  const label = $("[data-theme-switch] span");
  if (label) label.textContent = THEMES[theme];
}

export function switchTheme() {
  const shown = document.documentElement.dataset.theme ?? "";
  const next = NAMES[(NAMES.indexOf(shown) + 1) % NAMES.length];
  remember(KEY, next);
  showTheme(next);
}
