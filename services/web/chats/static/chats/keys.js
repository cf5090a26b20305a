// The keyboard.

import { closeForm, opening } from "./forms.js";
import { $, $$ } from "./page.js";

function step(by) {
  const items = $$("#rows li, ol.messages li[data-message]").filter((item) => !item.hidden);
  const at = items.findIndex((item) => item.contains(document.activeElement));
  const item = items[Math.min(Math.max(at + by, 0), items.length - 1)];
  if (!item) return;
  const focusable = item.matches("li.message") ? item : $("a", item);
  if (focusable === item) item.tabIndex = -1;
  focusable.focus();
  item.scrollIntoView({ block: "nearest" });
}

const current = () => document.activeElement?.closest("li.message");
export const REPLY = '.actions a[href$="/reply/"]';
export const EDIT = '.actions a[href$="/edit/"]';
const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  r: () => (current() ? $(REPLY, current()).click() : $("form.compose textarea")?.focus()),
  e: () => current() && $(EDIT, current())?.click(),
  n: () => $(".top .button")?.click(),
  i: () => $(".brand")?.click(),
  "/": () => ($('input[type="search"]') ? $('input[type="search"]').focus() : $('.top a[href$="/search/"]')?.click()),
  "?": () => $("#keys")?.showModal(),
};

export function press(event) {
  const form = event.target.closest?.("form.compose");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) return form.requestSubmit();
  if (form && event.key === "Escape") return closeForm(form);
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, textarea, select, dialog *")) return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  if (!opening) action();
}
