// @ts-check
// The composer: the field for a message at the end of a conversation or thread. Keeps the end of the page in view.

import { $, isComposing, messages } from "./page.js";
import { recall, remember } from "./remembered.js";
import { link } from "./rows.js";

const { documentElement: root } = document;
const NEAR = 80; // Pixels above the end of the page that count as its end.
let isAtEnd = false;
let known = ""; // The heights of the page and the window.

const heights = () => `${root.scrollHeight} ${innerHeight}`;

// Not before `stay` has handled a change of the heights, which may come with a scroll event of its own. Not while the
// content is removed (away.js).
function note() {
  if (messages?.isConnected && known === heights())
    isAtEnd = !link("next") && root.scrollHeight - innerHeight - scrollY < NEAR;
}

// Keeps the end in view, except while a part of a row has the focus: a form, or a button that unfolds a long text.
function stay() {
  if (!messages?.isConnected || known === heights()) return;
  if (isAtEnd && !$("li.message :focus", messages)) scrollTo({ top: root.scrollHeight, behavior: "instant" });
  known = heights();
  note();
}

const field = () => $(".composer textarea");

/**
 * On a touch screen, the focus would open the keyboard.
 * @param {() => boolean} isFree Whether nothing has the focus.
 */
export function focusComposer(isFree) {
  if (!matchMedia("(pointer: fine)").matches) return;
  const focus = () => isFree() && field()?.focus({ preventScroll: true });
  focus();
  if (!location.hash) return;
  // In the next frame, Chromium goes to the fragment of the URL, and removes the focus. The member may do so, too.
  let isUsed = false;
  addEventListener("keydown", () => (isUsed = true), { once: true, capture: true });
  requestAnimationFrame(() => setTimeout(() => isUsed || focus()));
}

// For browsers without `field-sizing`: the field is as high as its text.
function fit() {
  const area = field();
  if (!area) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
}

// The style sheet needs the height, which changes with the text.
function measure() {
  const composer = $(".composer");
  if (composer) root.style.setProperty("--composer", `${composer.offsetHeight}px`);
  stay();
}

/**
 * An empty field passes on the keys that would scroll it.
 * @param {KeyboardEvent} event
 */
function scrollByKey({ target, key }) {
  if (target !== field() || field()?.value) return;
  if (key === "PageUp" || key === "PageDown") scrollBy({ top: innerHeight * (key === "PageUp" ? -0.8 : 0.8) });
}

const ENTER = "bobbin-enter";
// The Enter key of a touch screen always makes a new line.
export const hasEnterKey = () => !matchMedia("(pointer: coarse)").matches;
export const enterSends = () => hasEnterKey() && recall(ENTER) !== "newline";
/** @param {boolean} sends */
export const rememberEnter = (sends) => remember(ENTER, sends ? "send" : "newline");

/**
 * Sends the text by the Enter key. Of an input method, Enter accepts its suggestion.
 * @param {KeyboardEvent} event
 */
export function sendByKey(event) {
  const { target: area, key, shiftKey, ctrlKey, altKey, metaKey } = event;
  if (key !== "Enter" || shiftKey || ctrlKey || altKey || metaKey || isComposing(event)) return;
  if (!(area instanceof HTMLTextAreaElement && area.form?.matches("form.compose") && enterSends())) return;
  event.preventDefault();
  area.form.requestSubmit();
}

export function watchComposer() {
  document.addEventListener("keydown", sendByKey);
  if (!messages && !field()) return;
  stay();
  addEventListener("scroll", note, { passive: true });
  addEventListener("resize", stay); // The keyboard of a touch screen opens.
  document.addEventListener("keydown", scrollByKey);
  const sizes = new ResizeObserver(measure);
  for (const part of [document.body, $(".composer")]) if (part) sizes.observe(part);
  if (CSS.supports("field-sizing", "content")) return;
  fit();
  document.addEventListener("input", fit);
  document.addEventListener("submit", () => requestAnimationFrame(fit)); // The field is empty again.
}
