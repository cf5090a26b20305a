// @ts-check
// Values in the storage of the browser. If it is full or disabled, nothing is stored, but the page works.

/**
 * @template T
 * @param {(storage: Storage) => T} work
 * @param {T} otherwise
 */
export function inStorage(work, otherwise) {
  try {
    return work(localStorage);
  } catch {
    return otherwise;
  }
}

/**
 * The same for sessionStorage, which each tab has for itself.
 * @template T
 * @param {(storage: Storage) => T} work
 * @param {T} otherwise
 */
export function inTabStorage(work, otherwise) {
  try {
    return work(sessionStorage);
  } catch {
    return otherwise;
  }
}

/** @param {string} key */
export const recall = (key) => inStorage((storage) => storage.getItem(key), null);
/** @param {string} key @param {string} value */
export const remember = (key, value) => inStorage((storage) => storage.setItem(key, value), undefined);

/**
 * Returns a value for the page that this tab opens next, and deletes it.
 * @param {string} key
 */
function take(key) {
  const value = inTabStorage((storage) => storage.getItem(key), null);
  if (value) inTabStorage((storage) => storage.removeItem(key), undefined);
  return value;
}

const BY_KEY = "bobbin-by-key";
// The key that opens the next page is pressed again there, so the message keeps the focus.
export const markByKey = () => inTabStorage((storage) => storage.setItem(BY_KEY, "yes"), undefined);
export const takeByKey = () => Boolean(take(BY_KEY));

const HITS = "bobbin-hits";
// A pattern of what a search has found in the message that the next page shows (hits.js).
/** @param {string} pattern */
export const keepHits = (pattern) => inTabStorage((storage) => storage.setItem(HITS, pattern), undefined);
export const takeHits = () => take(HITS);
