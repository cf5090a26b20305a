// @ts-check
// Closes the menu of the header by Escape, and when a click or the focus is outside of it, and logs out at once. Loaded
// when the menu is opened.

import { AwayError } from "./away.js";
import { formsWithText, losses } from "./drafts.js";
import { get } from "./fetching.js";
import { $ } from "./page.js";

/**
 * Logs out by the form of the settings, to which the link leads.
 * @param {MouseEvent} event
 */
async function logOut(event) {
  const { currentTarget: link } = event;
  const { messages, drafts } = losses();
  // The settings ask before a log-out that deletes texts. Without storage, only the forms have them.
  if (!(link instanceof HTMLAnchorElement) || messages || drafts || formsWithText().length) return;
  event.preventDefault();
  const follow = () => location.assign(link.href);
  try {
    const page = await get(link.href);
    const form = page && $("#log-out", page);
    if (!(form instanceof HTMLFormElement)) return follow();
    const own = document.importNode(form, true);
    own.hidden = true;
    document.body.append(own);
    own.requestSubmit();
  } catch (error) {
    if (!(error instanceof AwayError)) follow();
  }
}

/** @param {HTMLDetailsElement} menu */
export function watchMenu(menu) {
  const watching = new AbortController();
  const { signal } = watching;
  /** @param {Event} event */
  const click = ({ target }) => {
    const isInside = target instanceof Element && menu.contains(target) && !target.matches("[data-opens]");
    if (!isInside) menu.open = false;
  };
  document.addEventListener("click", click, { signal });
  /** @param {KeyboardEvent} event */
  const press = ({ key }) => {
    if (key !== "Escape") return;
    menu.open = false;
    $("summary", menu)?.focus();
  };
  document.addEventListener("keydown", press, { signal });
  /** @param {FocusEvent} event */
  const leave = ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !menu.contains(relatedTarget)) menu.open = false;
  };
  menu.addEventListener("focusout", leave, { signal });
  $("[data-logs-out]", menu)?.addEventListener("click", logOut, { signal });
  menu.addEventListener("toggle", () => menu.open || watching.abort(), { signal });
}
