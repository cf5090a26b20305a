// @ts-check
// The entry point of the scripts. Pages also work without scripts, by forms, links and reloads.

import { AwayError, coverAgain, isAway } from "./away.js";
import { showTitle } from "./badges.js";
import { focusComposer, watchComposer } from "./composer.js";
import { watchReceiver } from "./counterpart.js";
import { deleteAllDrafts, draftFor, keepDraft, restoreDrafts } from "./drafts.js";
import { takeDrafts, tidyDrafts, unsentKeys } from "./drafts.js";
import { setFold } from "./folding.js";
import { closeForm, fillName, freeForms, openForm } from "./forms.js";
import { leave, removeErrors } from "./keeping.js";
import { openFinder, press, showKeySwitch } from "./keys.js";
import { deletePlaces, here, keepPlace, places, showMarks } from "./lists.js";
import { beginLive, tabs } from "./live.js";
import { showTheme, switchTheme } from "./theme.js";
import { checkState, tryTo } from "./events.js";
import { isUnanswered } from "./fetching.js";
import { $, found, hasAround, hasColumn, isCovered, list, messages, state } from "./page.js";
import { takeByKey, takeHits } from "./remembered.js";
import { byId, chooseRow, EDIT, END, focusRow, REPLY, targetId } from "./rows.js";
import { watchSight } from "./seen.js";
import { loadUnsent, prepare, send, sendButton } from "./submitting.js";
import { findTarget, focusTarget, isTarget, namedRow, showTarget } from "./target.js";
import { gettext } from "./texts.js";
import { loadPage } from "./thread.js";
import { showTimes } from "./times.js";

const SOON = 2_000; // Milliseconds until the page loads what it needs later.

/** @param {MouseEvent} event */
function click(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const target = event.target instanceof Element && event.target.closest("a, button");
  if (target && target.matches("[data-finder]") && openFinder()) event.preventDefault();
  else if (target instanceof HTMLAnchorElement) follow(event, target);
  else if (target instanceof HTMLButtonElement) push(event, target);
  else showActions(/** @type {PointerEvent} */ (event));
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
  // If this fails, follow the link, except after a log-out, if the page has an open form, or without a connection: the
  // page says that it has none, and the browser would show an error in its place.
  const text = gettext("That did not work. Try again.");
  work(anchor).catch((error) => error instanceof AwayError || !navigator.onLine || leave(anchor.href, text));
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
  else if (button.matches("[data-opens]")) {
    // The dialog returns the focus to it. The menu closes, so none of its parts can have the focus then.
    $(".menu[open] summary")?.focus();
    import("./listing.js").then(({ openShortcuts }) => openShortcuts()).catch(ignoreUnanswered);
  }
}

/** @param {Event} event */
function toggle({ target }) {
  if (target instanceof HTMLDetailsElement && target.matches(".menu") && target.open)
    import("./menu.js").then(({ watchMenu }) => watchMenu(target)).catch(ignoreUnanswered);
}

/**
 * Without a connection, the page works as if it had not loaded the module.
 * @param {unknown} error
 */
function ignoreUnanswered(error) {
  if (!isUnanswered(error)) throw error;
}

/**
 * A touch shows the actions of a message, as a long press does.
 * @param {PointerEvent} event
 */
function showActions({ target, pointerType }) {
  if (pointerType !== "touch" || !(target instanceof Element)) return;
  const row = rowOf(target);
  chooseRow(row);
  if (row && !row.contains(document.activeElement)) focusRow(row);
}

/** @param {Element} element @returns {HTMLElement | null} */
const rowOf = (element) => element.closest("ol.messages li.message");

const loadWhileScrolling = () => tryTo(() => import("./scrolling.js").then(({ watchLinks }) => watchLinks()));

/**
 * Shows a column when the window is wide enough, now or later.
 * @param {string} width
 * @param {() => Promise<{ begin: () => void }>} load
 */
function showColumn(width, load) {
  const wide = matchMedia(`(min-width: ${width})`);
  const show = () => wide.matches && tryTo(() => load().then(({ begin }) => begin()));
  show();
  wide.addEventListener("change", show);
}

// Moves the focus to the row that the member comes back to, or that the address names, or else to the composer.
function focusPlace(isBack = false) {
  const isFree = () => document.activeElement === document.body;
  if (!isFree()) return;
  // A row that the address names, or that a single key has opened, keeps the focus, for keys and screen readers.
  const row = messages && (takeByKey() ? byId(targetId()) : namedRow());
  if (!row && location.hash !== END && $(".composer")) focusComposer(isFree);
  else focusTarget(isBack, row);
  const isKnown = messages ? location.hash === END : list && here() in places().rows;
  if (isKnown) import("./moving.js").then(({ moveToPlace }) => isFree() && !isAway() && moveToPlace());
}

showTitle();
findTarget();
// The pattern is taken by every page, so none stays for another member.
const hits = takeHits();
// Without a connection, only the marks are missing.
if (hits || found)
  import("./hits.js").then(
    ({ showHits }) => showHits(hits),
    () => {},
  );
if (!isCovered()) focusPlace();
if (messages) addEventListener("scroll", loadWhileScrolling, { once: true, passive: true });
setInterval(showTimes, 60_000);
document.addEventListener("visibilitychange", () => showTimes()); // Hidden tabs may suspend timers.
showKeySwitch();
// A switch or a draft may have changed in another tab.
function showSwitches() {
  showTheme();
  showKeySwitch();
  showMarks();
}

addEventListener("storage", showSwitches);
document.addEventListener("click", click);
document.addEventListener("toggle", toggle, true); // It does not bubble.
document.addEventListener("contextmenu", showActions);
document.addEventListener("keydown", press);
document.addEventListener("input", keepDraft);
document.addEventListener("input", removeErrors);
document.addEventListener("submit", send);
document.addEventListener("input", prepare, { once: true });
document.addEventListener("submit", sendButton);
addEventListener("hashchange", showTarget);
addEventListener("pagehide", keepPlace);
// Cover a page that the browser keeps for Back.
addEventListener("pagehide", ({ persisted }) => persisted && state && coverAgain());
addEventListener("pageshow", ({ persisted }) => {
  freeForms();
  if (persisted) showSwitches();
  if (persisted && state) coverAgain();
  // Check at once which member is logged in. An element of a covered page cannot have the focus.
  if (isCovered()) tryTo(checkState).then(() => focusPlace(true));
});
if (state) {
  tidyDrafts();
  restoreDrafts();
  showMarks();
  document.addEventListener("visibilitychange", takeDrafts);
  addEventListener("focus", takeDrafts, true); // Of this window, or of a form: before anything is typed.
  watchReceiver();
  watchComposer();
  beginLive();
  watchSight();
  // Another tab stores the reason why a message was refused.
  addEventListener("storage", ({ newValue }) => {
    if (newValue?.includes('"why":')) tryTo(() => loadUnsent().then(({ showAllRefused }) => showAllRefused()));
  });
  const beginning = `with:${messages?.dataset.with?.toLowerCase()}`; // The key of a conversation without messages.
  if (messages && draftFor(beginning))
    tryTo(() => import("./beginning.js").then(({ takeBeginning }) => takeBeginning(beginning)));
  if (hasColumn) showColumn("60rem", () => import("./beside.js"));
  if (hasAround) showColumn("75rem", () => import("./around.js"));
  if (unsentKeys().length) tryTo(loadUnsent);
  else if (messages) setTimeout(() => (window.requestIdleCallback ?? setTimeout)(prepare), SOON);
} else if ("sessionEnded" in document.body.dataset) {
  // This page is the response to a log-out or an erasure.
  deleteAllDrafts();
  deletePlaces();
  tabs.postMessage({ kind: "logged out" });
}
