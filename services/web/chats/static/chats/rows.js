// The rows of the messages on this page, in order.

import { $, $$, messages } from "./page.js";

export const REPLY = '.actions a[href$="/reply/"]';
export const all = () => $$("li[data-message]", messages);
export const idOf = (row) => Number(row.dataset.message);
export const byId = (id) => document.getElementById(`m${id}`);
// The message id in the URL fragment. Before the first paint, `:target` is not set yet.
export const targetId = () => /^#m([1-9]\d{0,18})$/.exec(location.hash)?.[1];
export const depthOf = (row) => Number(row.dataset.depth ?? 0);
export const lastId = () => Math.max(...all().map(idOf));

// The link to the previous page ("prev") or to the next page ("next").
export const link = (rel) => $(`nav.pages a[rel="${rel}"]`);

// The direct and indirect replies to a message, which follow its row with a larger depth.
export function deepBelow(row) {
  const found = [];
  for (let next = row.nextElementSibling; next && depthOf(next) > depthOf(row); next = next.nextElementSibling)
    found.push(next);
  return found;
}
