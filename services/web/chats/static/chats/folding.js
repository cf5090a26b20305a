// @ts-check
// Folds the replies below depth 4 of a thread, and long messages.

import { $, $$, make, required } from "./page.js";
import { after, all, before, byId, deepBelow, depthOf, targetId } from "./rows.js";
import { gettext, ngettext } from "./texts.js";

const FOLDED_BELOW = 4;
// Characters and lines of a message that is not folded.
const [LONG, LINES] = [1200, 12];

export function fold() {
  all().forEach(foldText);
  const target = byId(targetId());
  for (const row of all()) {
    const below = after(row);
    if (depthOf(row) !== FOLDED_BELOW || !below || depthOf(below) <= FOLDED_BELOW || $(".fold", row)) continue;
    const button = make("button", { type: "button", className: "fold link", id: `f${row.id}` });
    // Its text, and the label of the row.
    button.setAttribute("aria-labelledby", `${button.id} ${row.id}`);
    required(".actions", row).before(button);
    const deep = deepBelow(row);
    // The latest message, new messages and the target of a link stay visible.
    /** @param {HTMLElement} one */
    const stays = (one) => one === target || !after(one) || one.matches(".is-new");
    setFold(row, button, deep.length < 3 || deep.some(stays));
  }
}

/** @param {HTMLElement} row */
export function reveal(row) {
  /** @type {HTMLElement | null} */
  let above = row;
  while (above && depthOf(above) > FOLDED_BELOW) above = before(above);
  if (!above || above === row) return;
  const button = $(".fold", above);
  if (button) setFold(above, button, true);
}

/** @param {HTMLElement} row @param {HTMLElement} button @param {boolean} open */
export function setFold(row, button, open) {
  const deep = deepBelow(row);
  for (const below of deep) below.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
  const closed = ngettext("Show %(count)s reply", "Show %(count)s replies", deep.length);
  button.textContent = open ? gettext("Hide replies") : closed;
}

/**
 * Whether the text of a message is folded.
 * @param {HTMLElement} content
 */
export function isLong(content) {
  const text = content.textContent;
  return text.length > LONG || text.split("\n").length + $$("li", content).length > LINES;
}

/**
 * Folds a long message. Its text stays complete for screen readers, for print and for the search of the browser.
 * @param {HTMLElement} row
 */
function foldText(row) {
  const content = required(".content", row);
  if (content.dataset.isLong) return;
  const old = $(".show-all", row);
  content.dataset.isLong = String(isLong(content));
  old?.remove();
  if (content.dataset.isLong === "false") return;
  const button = make("button", { type: "button", className: "show-all link", id: `l${row.id}` });
  button.setAttribute("aria-labelledby", `${button.id} ${row.id}`);
  const show = (open = true) => {
    content.classList.toggle("is-folded", !open);
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? gettext("Show less") : gettext("Show all");
  };
  show(old?.ariaExpanded === "true");
  button.onclick = () => show(content.matches(".is-folded"));
  // The browser scrolls to a match of its search, and to a link that receives the focus.
  content.onscroll = () => {
    const { scrollTop } = content;
    if (scrollTop) show();
    scrollBy(0, scrollTop);
  };
  content.after(button);
}
