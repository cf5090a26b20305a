// @ts-check
// The settings that the browser keeps, as radio buttons, and the question before a log-out that loses texts. Only the
// page of the settings loads it.

import { enterSends, hasEnterKey } from "./composer.js";
import { losses } from "./drafts.js";
import { $, $$, make, required } from "./page.js";
import { remember } from "./remembered.js";
import { ngettext } from "./texts.js";
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

/** @param {number} count */
const unsentText = (count) =>
  ngettext(
    "%(count)s message has not been sent yet and will be lost.",
    "%(count)s messages have not been sent yet and will be lost.",
    count,
  );

// The page after a log-out deletes what this browser has stored.
function textsOfLosses() {
  const { messages, drafts } = losses();
  const lost = [];
  if (messages) lost.push(unsentText(messages));
  if (drafts) lost.push(ngettext("%(count)s draft will be deleted.", "%(count)s drafts will be deleted.", drafts));
  return lost;
}

/** @param {SubmitEvent} event */
function confirmLosses(event) {
  const dialog = required("dialog#losses");
  const lost = event.submitter && dialog.contains(event.submitter) ? [] : textsOfLosses();
  if (!lost.length) return;
  event.preventDefault();
  required("div", dialog).replaceChildren(...lost.map((textContent) => make("p", { textContent })));
  dialog.showModal();
}

$("form#log-out")?.addEventListener("submit", confirmLosses);
// The menu leads here instead of logging out if texts would be lost (menu.js).
if (location.hash === "#log-out" && textsOfLosses().length) {
  $("form#log-out > button")?.focus(); // The dialog returns the focus to it.
  $("form#log-out")?.requestSubmit();
}
$('#losses button[type="button"]')?.addEventListener("click", () => required("dialog#losses").close());
// On a touch screen there is no choice.
const choice = $(`fieldset[data-key="${ENTER}"]`);
if (choice) choice.hidden = !hasEnterKey();
showChoices();
document.addEventListener("change", choose);
addEventListener("storage", showChoices);
addEventListener("pageshow", showChoices);
new MutationObserver(showChoices).observe(root, { attributeFilter: ["data-theme"] });
