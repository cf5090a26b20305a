// @ts-check
// Marks in a message what a search has found there. The row that leads to the message hands over its marked words in the
// storage of the tab: the page of the message may come from the cache, and its address is not to contain words.
// Loaded by pages with results of a search, and by the page that a result has opened.

import { $, $$ } from "./page.js";
import { keepHits, takeHits } from "./remembered.js";
import { isInView, targetId } from "./rows.js";
import { isTarget } from "./target.js";

const SHORT = 3; // Shorter words count only where they begin and end as in the row, as in the search.
const LETTER = "[\\p{L}\\p{M}\\p{N}]";

/** @param {HTMLElement} mark */
function patternOf({ textContent: word, previousSibling, nextSibling }) {
  const pattern = word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&").replace(/\s+/g, "\\s+");
  if (word.length >= SHORT) return pattern;
  const isAfter = new RegExp(`${LETTER}$`, "u").test(previousSibling?.textContent ?? "");
  const isBefore = new RegExp(`^${LETTER}`, "u").test(nextSibling?.textContent ?? "");
  return `${isAfter ? "" : `(?<!${LETTER})`}${pattern}${isBefore ? "" : `(?!${LETTER})`}`;
}

/** @param {Node} text @param {RegExp} pattern */
const rangesIn = (text, pattern) =>
  [...(text.textContent ?? "").matchAll(pattern)].map(({ 0: hit, index }) => {
    const range = new Range();
    range.setStart(text, index);
    range.setEnd(text, index + hit.length);
    return range;
  });

/** Marks what the row has found that has opened this message. */
export function showHits(pattern = takeHits()) {
  const content = pattern && $(`#m${targetId()} > .content`);
  if (!content || !("highlights" in CSS)) return; // The message itself is marked in any case.
  const [texts, ranges] = [document.createTreeWalker(content, NodeFilter.SHOW_TEXT), /** @type {Range[]} */ ([])];
  while (texts.nextNode()) ranges.push(...rangesIn(texts.currentNode, new RegExp(pattern, "giu")));
  CSS.highlights.set("hits", new Highlight(...ranges));
  if (!ranges.length) return;
  if (content.matches(".is-folded")) $(":scope > .show-all", content.parentElement ?? content)?.click();
  // After composer.js, which keeps the end of the page in view, has handled the height of the unfolded message.
  requestAnimationFrame(() => setTimeout(() => isInView(ranges[0]) || moveTo(ranges[0])));
}

/** @param {Range} range */
const moveTo = (range) => scrollBy({ top: range.getBoundingClientRect().top - innerHeight / 3, behavior: "instant" });

document.addEventListener(
  "click",
  ({ target, ctrlKey, metaKey, shiftKey }) => {
    const opensHere = !ctrlKey && !metaKey && !shiftKey;
    const row = opensHere && target instanceof Element && target.closest("a");
    const marks = row ? $$("mark", row) : [];
    if (!row || !marks.length) return;
    keepHits([...new Set(marks.map(patternOf))].join("|"));
    if (isTarget(row)) setTimeout(showHits);
  },
  true,
);
