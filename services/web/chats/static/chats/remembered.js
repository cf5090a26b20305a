// @ts-check
// Preferences in localStorage. If the storage is disabled, they are not stored.

/** @param {string} key */
export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} value */
export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The storage is full or disabled: the preference applies to this page only.
  }
}
