// @ts-check
// The numbers in the badges and in the title.

import { sayUnread } from "./arrivals.js";
import { isAway } from "./away.js";
import { $, make } from "./page.js";

let { title } = document;
const MOST = 99; // The server counts no further than 100.
const MANY = `${MOST}+`;

/** @param {"unread" | "notifications"} name @param {number} count */
function showBadge(name, count) {
  const link = $(`[data-count="${name}"]`);
  if (!link) return;
  $("[data-badge]", link)?.remove();
  if (!count) return;
  const textContent = count > MOST ? MANY : String(count);
  const badge = make("span", { className: "badge", textContent });
  badge.dataset.badge = name;
  link.append(" ", badge);
}

/** @param {Badges} badges */
export function showBadges({ unread, notifications }) {
  const before = $('[data-badge="unread"]')?.textContent.trim() ?? "0";
  sayUnread(before === MANY ? MOST + 1 : Number(before), unread);
  showBadge("unread", unread);
  showBadge("notifications", notifications);
  showTitle();
}

/** @param {string} text */
export function setTitle(text) {
  title = text;
  showTitle();
}

export function showTitle() {
  if (isAway()) return; // The title names the counterpart. `showBadges` shows it again when its member returns.
  const unread = $('[data-badge="unread"]')?.textContent.trim();
  document.title = unread ? `(${unread}) ${title}` : title;
}
