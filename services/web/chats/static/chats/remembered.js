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

const BY_KEY = "bobbin-by-key";
// The key that opens the next page is pressed again there, so the message keeps the focus.
export const markByKey = () => inTabStorage((storage) => storage.setItem(BY_KEY, "yes"), undefined);
export function takeByKey() {
  const mark = inTabStorage((storage) => storage.getItem(BY_KEY), null);
  if (mark) inTabStorage((storage) => storage.removeItem(BY_KEY), undefined);
  return Boolean(mark);
}
