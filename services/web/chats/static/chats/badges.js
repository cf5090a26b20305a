// @ts-check
// The numbers in the badges and in the title.

import { sayUnread } from "./arrivals.js";
import { $, make } from "./page.js";

let { title } = document;

/** @param {"unread" | "notifications"} name @param {number} count */
function showBadge(name, count) {
  const link = $(`[data-count="${name}"]`);
  if (!link) return;
  $("[data-badge]", link)?.remove();
  if (!count) return;
  const textContent = count >= 100 && name === "notifications" ? "99+" : String(count);
  const badge = make("span", { className: "badge", textContent });
  badge.dataset.badge = name;
  link.append(" ", badge);
}

/** @param {Badges} badges */
export function showBadges({ unread, notifications }) {
  sayUnread(Number($('[data-badge="unread"]')?.textContent ?? 0), unread);
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
  const unread = $('[data-badge="unread"]')?.textContent.trim();
  document.title = unread ? `(${unread}) ${title}` : title;
}
