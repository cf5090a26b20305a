// @ts-check
// The elements and the data attributes of this page.

/** @import { ParseSelector } from "typed-query-selector/parser.js" */

/**
 * Returns the first match or null.
 * @template {string} S
 * @param {S} selector
 * @param {ParentNode} [within]
 * @returns {ParseSelector<S, HTMLElement> | null}
 */
export const $ = (selector, within = document) => within.querySelector(selector);

/**
 * Returns all matches.
 * @template {string} S
 * @param {S} selector
 * @param {ParentNode} [within]
 * @returns {ParseSelector<S, HTMLElement>[]}
 */
export function $$(selector, within = document) {
  /** @type {NodeListOf<ParseSelector<S, HTMLElement>>} */
  const found = within.querySelectorAll(selector);
  return [...found];
}

/**
 * Returns the first match. It is an error if there is none.
 * @template {string} S
 * @param {S} selector
 * @param {ParentNode} [within]
 */
export function required(selector, within = document) {
  const found = $(selector, within);
  if (!found) throw new Error(`no ${selector}`);
  return found;
}

/**
 * Makes an element with these properties.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Partial<HTMLElementTagNameMap[T]>} properties
 */
export const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

const data = document.body?.dataset;
export const [state, eventsPort] = [data?.state, data?.eventsPort];
export const siteName = $(".brand")?.textContent.trim() ?? "Bobbin";
export const messages = $("ol.messages[data-conversation]");
// The ids of the conversation and, on the page of a thread, of its first message.
export const [conversation, thread] = [messages?.dataset.conversation, messages?.dataset.thread];
// Whether this page shows each reply of a thread below the message that it answers.
export const isTree = messages?.matches("[data-tree]") ?? false;
/**
 * The URL of another page of these messages, in the same order.
 * @param {string} query
 */
export const addressOf = (query) => `${location.pathname}?${query}${isTree ? "&order=tree" : ""}`;
export const rows = $("#rows");
export const found = $("#found");
export const list = rows ?? found; // No page has both.

// Whether wide screens show the list of conversations in a column: on the inbox and on pages of one conversation.
const COLUMN = 'main > :is(form.compose, [role="log"], [data-conversation], #beginning), #rows [data-counterpart]';
export const hasColumn = Boolean(state) && $(COLUMN) !== null;
// Whether wider screens show the conversation beside the thread.
export const hasAround = hasColumn && thread !== undefined;

/**
 * Whether an input method uses this key. Safari shows that by 229 only, for the key that ends a composition.
 * @param {KeyboardEvent} event
 */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** @param {number} least @param {number} most */
export const random = (least, most) => least + Math.random() * (most - least);

// How the browser has opened this page.
function navigationType() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation instanceof PerformanceNavigationTiming ? navigation.type : "navigate";
}
// A page from the browser history is covered until the server confirms which member is logged in.
export const isFromHistory = () => navigationType() === "back_forward";
// Otherwise the browser returns to the earlier scroll position.
export const isFirstOpening = () => navigationType() === "navigate";
export const cover = () => document.documentElement.classList.add("is-checking");
export const isCovered = () => document.documentElement.classList.contains("is-checking");
