// @ts-check
// The entry point of the scripts. Pages also work without scripts, by forms, links and reloads.

import { AwayError } from "./away.js";
import { showTitle } from "./badges.js";
import { sendButton } from "./buttons.js";
import { watchReceiver } from "./counterpart.js";
import { deleteAllDrafts, keepDraft, restoreDrafts, takeDrafts, tidyDrafts } from "./drafts.js";
import { setFold } from "./folding.js";
import { closeForm, fillName, openForm } from "./forms.js";
import { leave } from "./keeping.js";
import { press, showKeySwitch } from "./keys.js";
import { deletePlaces, here, keepPlace, places } from "./lists.js";
import { beginLive, tabs } from "./live.js";
import { showTheme, switchTheme } from "./theme.js";
import { checkState, tryTo } from "./events.js";
import { cover, isCovered, list, messages, state } from "./page.js";
import { EDIT, END, REPLY } from "./rows.js";
import { watchSight } from "./seen.js";
import { freeForms, send } from "./sending.js";
import { findTarget, focusTarget, isTarget, showTarget } from "./target.js";
import { loadPage } from "./thread.js";
import { showTimes } from "./times.js";
// Other modules import these. They are listed here so that the browser loads all modules in parallel.
import "./fetching.js";

/** @param {MouseEvent} event */
function click(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const target = event.target instanceof Element && event.target.closest("a, button");
  if (target instanceof HTMLAnchorElement) follow(event, target);
  else if (target instanceof HTMLButtonElement) push(event, target);
}

/** @param {MouseEvent} event @param {HTMLAnchorElement} anchor */
function follow(event, anchor) {
  const row = messages && rowOf(anchor);
  if (isTarget(anchor)) showTarget();
  let work = null;
  if (messages && anchor.matches('nav.pages a[rel="prev"], nav.pages a[rel="next"]')) work = loadPage;
  else if (row && anchor.matches(`${REPLY}, ${EDIT}`)) work = () => openForm(anchor, row);
  if (!work) return;
  event.preventDefault();
  // If this fails, follow the link, except after a log-out or if the page has an open form.
  work(anchor).catch((error) => error instanceof AwayError || leave(anchor.href, "That did not work. Try again."));
}

/** @param {MouseEvent} event @param {HTMLButtonElement} button */
function push(event, button) {
  const row = rowOf(button);
  if (button.matches("[data-fills]")) {
    event.preventDefault();
    fillName(button);
  } else if (button.matches("[data-cancels]") && button.form) closeForm(button.form);
  else if (button.matches(".fold") && row) setFold(row, button, button.getAttribute("aria-expanded") !== "true");
  else if (button.matches("[data-theme-switch]")) switchTheme();
  else if (button.matches("[data-opens]")) import("./listing.js").then(({ openShortcuts }) => openShortcuts());
}

/** @param {Element} element @returns {HTMLElement | null} */
const rowOf = (element) => element.closest("ol.messages li.message");

const loadWhileScrolling = () => tryTo(() => import("./scrolling.js").then(({ watchLinks }) => watchLinks()));

// Moves the focus to the row that the member comes back to, or that the address names.
function focusPlace(isBack = false) {
  const isFree = () => document.activeElement === document.body;
  if (!isFree()) return;
  focusTarget(isBack);
  const isKnown = messages ? location.hash === END : list && here() in places().rows;
  if (isKnown) import("./moving.js").then(({ moveToPlace }) => isFree() && moveToPlace());
}

showTitle();
findTarget();
if (!isCovered()) focusPlace();
if (messages) addEventListener("scroll", loadWhileScrolling, { once: true, passive: true });
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
addEventListener("pagehide", keepPlace);
// Cover a page that the browser keeps for Back.
addEventListener("pagehide", ({ persisted }) => persisted && state && cover());
addEventListener("pageshow", ({ persisted }) => {
  freeForms();
  if (persisted) showSwitches();
  if (persisted && state) cover();
  // Check at once which member is logged in. An element of a covered page cannot have the focus.
  if (isCovered()) tryTo(checkState).then(() => focusPlace(true));
});
if (state) {
  tidyDrafts();
  restoreDrafts();
  document.addEventListener("visibilitychange", takeDrafts);
  addEventListener("focus", takeDrafts, true); // Of this window, or of a form: before anything is typed.
  watchReceiver();
  beginLive();
  watchSight();
} else if ("sessionEnded" in document.body.dataset) {
  // This page is the response to a log-out or an erasure.
  deleteAllDrafts();
  deletePlaces();
  tabs.postMessage({ kind: "logged out" });
}
