// @ts-check
// The texts of scripts, in the language of the page. An English page has no catalog (config/script_texts.py).

const catalog = window.django;

/** @typedef {Record<string, string | number>} Values */

/**
 * Replaces `%(name)s` by the value with this name.
 * @param {string} text
 * @param {Values} values
 */
const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => String(values[name]));

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
