// @ts-check
// The settings that the browser keeps, as radio buttons. Only the page of the settings loads it.

import { enterSends, hasEnterKey } from "./composer.js";
import { $, $$ } from "./page.js";
import { remember } from "./remembered.js";
import { showTheme } from "./theme.js";

const [THEME, ENTER] = ["bobbin-theme", "bobbin-enter"];
const root = document.documentElement;

// The theme can also be switched on every page, and in other tabs.
function showChoices() {
  /** @type {Record<string, string>} */
  const chosen = { [THEME]: root.dataset.theme ?? "", [ENTER]: enterSends() ? "send" : "newline" };
  for (const button of $$("fieldset[data-key] input")) button.checked = button.value === chosen[button.name];
}

/** @param {Event} event */
function choose({ target }) {
  if (!(target instanceof HTMLInputElement) || !target.closest("fieldset[data-key]")) return;
  remember(target.name, target.value);
  if (target.name === THEME) showTheme(target.value);
}

// On a touch screen there is no choice.
const choice = $(`fieldset[data-key="${ENTER}"]`);
if (choice) choice.hidden = !hasEnterKey();
showChoices();
document.addEventListener("change", choose);
addEventListener("storage", showChoices);
addEventListener("pageshow", showChoices);
new MutationObserver(showChoices).observe(root, { attributeFilter: ["data-theme"] });
