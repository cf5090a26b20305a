// @ts-check
// The texts of scripts, in the language of the page. An English page has no catalog (config/script_texts.py).

const catalog = window.django;
const { lang } = document.documentElement;

const regional = navigator.languages.find((one) => one === lang || one.startsWith(`${lang}-`)) ?? lang;
// The language of the page for dates and times: with the region of the browser, if that has the same language. The digits
// are those of the other numbers on the page.
export const language = latin(regional) ?? lang;

/** @param {string} tag Of a browser, which may be no valid one. */
function latin(tag) {
  try {
    return String(new Intl.Locale(tag, { numberingSystem: "latn" }));
  } catch {
    return undefined;
  }
}

/** @typedef {Record<string, string | number>} Values */
const PLACE = /%\((\w+)\)s/g;

/**
 * Replaces `%(name)s` by the value with this name.
 * @param {string} text
 * @param {Values} values
 */
const fill = (text, values) => text.replace(PLACE, (place, name) => String(values[name] ?? place));

/** @param {string} text @param {Values} [values] */
export const gettext = (text, values = {}) => fill(catalog?.gettext(text) ?? text, values);

/**
 * Returns the form for `count`, which is also a value.
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @param {Values} [values]
 */
export const ngettext = (one, many, count, values = {}) =>
  fill(catalog?.ngettext(one, many, count) ?? (count === 1 ? one : many), { count, ...values });

/**
 * Returns the parts of a text, with elements in the places of values.
 * @param {string} text
 * @param {Record<string, HTMLElement>} elements
 */
export const nodes = (text, elements) =>
  text.split(PLACE).map((part, at) => (at % 2 ? (elements[part] ?? part) : part));
