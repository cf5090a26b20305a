// @ts-check
// Closes the menu of the header by Escape, and by a click outside of it. Loaded when the menu is opened.

import { $ } from "./page.js";

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
  menu.addEventListener("toggle", () => menu.open || watching.abort(), { signal });
}
