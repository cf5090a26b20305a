// What a browser remembers of how Bobbin looks and behaves. Its storage may be switched off: then nothing is remembered.

export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Full or switched off: until this page is left, all stays as it is shown.
  }
}
