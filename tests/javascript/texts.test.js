// Tests of texts.js: texts in the language of the page, and the language of its dates.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./page.js";

const MODULE = "../../services/web/chats/static/chats/texts.js";
const GERMAN = {
  "%(name)s has %(thing)s.": "%(thing)s hat %(name)s.",
  "%(count)s day": ["%(count)s Tag", "%(count)s Tage"],
};
const german = {
  gettext: (text) => GERMAN[text] ?? text,
  ngettext: (one, many, count) => GERMAN[one]?.[Number(count !== 1)] ?? many,
};
let opened = 0;

/** Imports the module again, for a page in this language and with this catalog. */
function open(lang, languages, catalog) {
  openPage();
  document.documentElement.lang = lang;
  navigator.languages = languages;
  window.django = catalog;
  return import(`${MODULE}?${(opened += 1)}`);
}

test("text without a catalog is the English one, with its values", async () => {
  const { gettext, ngettext } = await open("en", ["en-US"]);
  assert.equal(gettext("Sent"), "Sent");
  assert.equal(gettext("%(name)s has %(thing)s.", { name: "$&", thing: 1 }), "$& has 1.");
  assert.equal(gettext("%(name)s has %(thing)s."), "%(name)s has %(thing)s.");
  assert.deepEqual(
    [0, 1, 2].map((count) => ngettext("%(count)s day", "%(count)s days", count)),
    ["0 days", "1 day", "2 days"],
  );
});

test("text with a catalog is the translation, whose values may be in another order", async () => {
  const { gettext, ngettext } = await open("de", ["de"], german);
  assert.equal(gettext("%(name)s has %(thing)s.", { name: "bob", thing: "Tee" }), "Tee hat bob.");
  assert.equal(gettext("not translated"), "not translated");
  assert.deepEqual(
    [1, 2].map((count) => ngettext("%(count)s day", "%(count)s days", count)),
    ["1 Tag", "2 Tage"],
  );
});

test("value that contains a place is not filled in again", async () => {
  const { gettext } = await open("en", ["en"]);
  assert.equal(gettext("%(name)s has %(thing)s.", { name: "%(thing)s", thing: "tea" }), "%(thing)s has tea.");
});

test("elements are in the places of values, in the order of the language", async () => {
  for (const [lang, catalog, html] of [
    ["en", undefined, "<p><bdi>bob</bdi> has <b>tea</b>.</p>"],
    ["de", german, "<p><b>tea</b> hat <bdi>bob</bdi>.</p>"],
  ]) {
    const { gettext, nodes } = await open(lang, [lang], catalog);
    const [line, name, thing] = ["p", "bdi", "b"].map((tag) => document.createElement(tag));
    [name.textContent, thing.textContent] = ["bob", "tea"];
    line.append(...nodes(gettext("%(name)s has %(thing)s."), { name, thing }));
    assert.equal(line.outerHTML, html);
  }
});

test("language of dates is that of the page, with the region of a browser of this language", async () => {
  for (const [lang, languages, expected] of [
    ["en", ["en-GB", "en-US"], "en-GB"],
    ["de", ["en-GB", "de-AT", "de"], "de-AT"],
    ["de", ["en-GB"], "de"],
    ["es", ["est-EE"], "es"],
  ])
    assert.equal((await open(lang, languages)).language, `${expected}-u-nu-latn`);
});
