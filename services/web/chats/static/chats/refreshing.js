// @ts-check
// Refreshes a column of a wide screen: one request at a time, and one for many changes. Loaded by the columns (beside.js,
// around.js).

import { AwayError } from "./away.js";
import { tryTo } from "./events.js";

const TOGETHER = 1_000; // Milliseconds from one request to the next.
const LATER = 10_000; // The same after a failed one.

/**
 * Returns a function that calls `load` soon, and again after a failure.
 * @param {() => Promise<void>} load
 * @param {() => boolean} isShown Whether the screen shows the column.
 */
export function refresher(load, isShown) {
  /** @type {number | undefined} The next refresh, or the one that is not finished. */
  let soon;
  /** @type {number | undefined} The next one after a failure. */
  let later;
  let latest = -TOGETHER;
  let isStale = false;

  async function refresh() {
    clearTimeout(later);
    [isStale, latest] = [false, performance.now()];
    await tryTo(() => load().catch(tryLater)).catch(reportError);
    soon = undefined;
    if (isStale) refreshSoon();
  }

  /** @param {unknown} error */
  function tryLater(error) {
    // While another member is logged in, it would fail again. The event "here" or the next change starts it.
    if (!(error instanceof AwayError)) later = setTimeout(refreshSoon, LATER);
    throw error;
  }

  function refreshSoon() {
    if (!isShown()) return;
    isStale = true;
    soon ??= setTimeout(refresh, Math.max(0, latest + TOGETHER - performance.now()));
  }

  return refreshSoon;
}
