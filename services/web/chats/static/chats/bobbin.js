// The entry point of the scripts. Pages also work without scripts, by forms, links and reloads.

import { AwayError } from "./away.js";
import { showTitle } from "./badges.js";
import { sendButton } from "./buttons.js";
import { watchReceiver } from "./counterpart.js";
import { deleteAllDrafts, keepDraft, restoreDrafts, tidyDrafts } from "./drafts.js";
import { setFold } from "./folding.js";
import { closeForm, fillName, freeForms, openForm, send } from "./forms.js";
import { leave } from "./keeping.js";
import { EDIT, press, showKeySwitch } from "./keys.js";
import { beginLive, tabs } from "./live.js";
import { showTheme, switchTheme } from "./theme.js";
import { catchUp, tryTo } from "./events.js";
import { cover, isCovered, messages, state } from "./page.js";
import { REPLY } from "./rows.js";
import { watchSight } from "./seen.js";
import { findTarget, isTarget, showTarget } from "./target.js";
import { loadPage } from "./thread.js";
import { showTimes } from "./times.js";
// Other modules import these. They are listed here so that the browser loads all modules in parallel.
import "./fetching.js";
import "./lists.js";

const LEAVING = "logs out"; // The window.name of a tab in which the member has pressed "Log out".

function click(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const target = event.target.closest("a, button");
  if (!target) return;
  const row = target.closest("ol.messages li.message");
  const page = messages && target.matches('nav.pages a[rel="prev"], nav.pages a[rel="next"]');
  if (isTarget(target)) showTarget();
  if (page) take(event, () => loadPage(target));
  else if (messages && row && target.matches(`${REPLY}, ${EDIT}`)) take(event, () => openForm(target, row));
  else if (target.matches("[data-fills]")) take(event, async () => fillName(target));
  else if (target.matches("[data-cancels]")) closeForm(target.form);
  else if (target.matches(".fold")) setFold(row, target, target.getAttribute("aria-expanded") !== "true");
  else if (target.matches("[data-theme-switch]")) switchTheme();
  else if (target.matches("[data-opens]")) document.getElementById(target.dataset.opens).showModal();
}

function take(event, work) {
  event.preventDefault();
  const address = event.target.closest("a")?.href;
  // If this fails, follow the link, except after a log-out or if the page has an open form.
  work().catch(
    (error) => error instanceof AwayError || !address || leave(address, "No connection. Bobbin tries again."),
  );
}

showTitle();
findTarget();
setInterval(showTimes, 60_000);
document.addEventListener("visibilitychange", () => showTimes()); // Hidden tabs may suspend timers.
showKeySwitch();
// A switch may have changed in another tab.
function showSwitches() {
  showTheme();
  showKeySwitch();
}

addEventListener("storage", showSwitches);
document.addEventListener("click", click);
document.addEventListener("keydown", press);
document.addEventListener("input", keepDraft);
document.addEventListener("submit", send);
document.addEventListener("submit", sendButton);
addEventListener("hashchange", showTarget);
// Cover a page that the browser keeps for Back.
addEventListener("pagehide", ({ persisted }) => persisted && state && cover());
addEventListener("pageshow", ({ persisted }) => {
  freeForms();
  if (persisted) showSwitches();
  if (persisted && state) cover();
  if (isCovered()) tryTo(catchUp); // Check at once which member is logged in.
});
document.addEventListener("submit", ({ target }) => {
  if (target.matches("[data-logs-out]")) window.name = LEAVING;
});
if (state) {
  window.name = "";
  tidyDrafts();
  restoreDrafts();
  watchReceiver();
  beginLive();
  watchSight();
} else if ("visitor" in document.body.dataset && window.name === LEAVING) {
  // After a voluntary log-out, delete all drafts and inform the other tabs.
  window.name = "";
  deleteAllDrafts();
  tabs.postMessage({ kind: "logged out" });
}
