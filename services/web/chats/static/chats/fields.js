// @ts-check
// The buttons beside fields: "Show" shows a typed password, "Copy" copies a text. Only pages with such fields load it.

import { $, $$ } from "./page.js";
import { gettext } from "./texts.js";

/**
 * Changes the text of a button, and the beginning of its name for screen readers.
 * @param {HTMLButtonElement} button
 * @param {string} verb
 */
function name(button, verb) {
  for (const text of $$("span:not(.sr)", button)) text.textContent = verb;
}

/** @param {HTMLButtonElement} button @param {boolean} isShown */
function show(button, isShown) {
  const field = $(`input#${button.dataset.shows}`);
  if (!field) return;
  field.type = isShown ? "text" : "password";
  name(button, isShown ? gettext("Hide") : gettext("Show"));
}

/** @param {HTMLButtonElement} button */
const switchPassword = (button) => show(button, $(`input#${button.dataset.shows}`)?.type === "password");

// Before a form is sent or the page is left. Otherwise a browser may remember the password like any other text.
const hidePasswords = () => $$("button[data-shows]").forEach((button) => show(button, false));

/** @param {HTMLButtonElement} button */
async function copyField(button) {
  const field = $(`input#${button.dataset.copies}`);
  if (!field) return;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // Over plain HTTP, or without the permission.
  }
  name(button, gettext("Copied"));
}

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element && target.closest("button");
  if (button && button.matches("[data-shows]")) switchPassword(button);
  else if (button && button.matches("[data-copies]")) copyField(button);
});
document.addEventListener("submit", hidePasswords);
addEventListener("pagehide", hidePasswords);
