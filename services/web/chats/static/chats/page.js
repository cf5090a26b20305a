// The elements and the data attributes of this page.

export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
export const { state, eventsPort } = document.body?.dataset ?? {};
export const messages = $("ol.messages[data-conversation]");
export const rows = $("#rows");
export const found = $("#found");
export const random = (least, most) => least + Math.random() * (most - least);

// A page from the browser history is covered until the server confirms which member is logged in.
export const isFromHistory = () => performance.getEntriesByType("navigation")[0]?.type === "back_forward";
export const cover = () => document.documentElement.classList.add("is-checking");
export const isCovered = () => document.documentElement.classList.contains("is-checking");
