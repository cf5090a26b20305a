// The messages that a page shows, in their order.

import { $, $$, messages } from "./page.js";

export const REPLY = '.actions a[href$="/reply/"]';
export const all = () => $$("li[data-message]", messages);
export const idOf = (row) => Number(row.dataset.message);
export const byId = (id) => document.getElementById(`m${id}`);
// The message that the address names. `:target` is not set yet when scripts run before the first paint.
export const targetId = () => /^#m([1-9]\d{0,18})$/.exec(location.hash)?.[1];
export const depthOf = (row) => Number(row.dataset.depth ?? 0);
export const lastId = () => Math.max(...all().map(idOf));

// To the pages before and after this one.
export const link = (rel) => $(`nav.pages a[rel="${rel}"]`);

// All that stands below a message, which is what answers it.
export function deepBelow(row) {
  const found = [];
  for (let next = row.nextElementSibling; next && depthOf(next) > depthOf(row); next = next.nextElementSibling) found.push(next);
  return found;
}
