// @ts-check
// Loads earlier and later messages when the member scrolls near to the link to them. The link stays, for the keyboard.
// Loaded at the first scroll.

import { tryTo } from "./events.js";
import { $$ } from "./page.js";
import { loadPage } from "./thread.js";

const NEAR = "800px 0px"; // Above and below the viewport.
let isLoading = false;

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries)
      if (isIntersecting) load(/** @type {HTMLAnchorElement} */ (target));
  },
  { rootMargin: NEAR },
);

/** @param {HTMLAnchorElement} anchor */
async function load(anchor) {
  // A link that has the focus stays: its member is about to press it.
  if (isLoading || anchor === document.activeElement) return;
  isLoading = true;
  await tryTo(() => loadPage(anchor)).finally(() => (isLoading = false));
  if (!anchor.isConnected) watchLinks(); // After an error, the link is watched until it comes near again.
}

// An observer reports the present state of an element that it has not observed yet.
export function watchLinks() {
  observer.disconnect();
  for (const anchor of $$('nav.pages a[rel="prev"], nav.pages a[rel="next"]')) observer.observe(anchor);
}
