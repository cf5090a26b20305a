// Tests of theme.js: the theme and where it is stored.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

openPage("<button data-theme-switch><span></span></button>");
const { showTheme, switchTheme } = await load("theme");
const shown = () => document.documentElement.dataset.theme;
const label = () => document.querySelector("span").textContent;

beforeEach(() => {
  localStorage.clear();
  showTheme("");
});

test("switch goes through the themes and begins again", () => {
  const seen = Array.from({ length: 3 }, () => (switchTheme(), label()));
  assert.deepEqual(seen, ["light", "dark", "as the system"]);
  assert.equal(shown(), undefined);
});

test("stored theme is shown on the next page", () => {
  localStorage.setItem("bobbin-theme", "dark");
  showTheme();
  assert.deepEqual([shown(), label()], ["dark", "dark"]);
});

test("theme of an earlier release is taken over and stays for the admin", () => {
  localStorage.setItem("theme", "light");
  showTheme();
  assert.equal(localStorage.getItem("bobbin-theme"), "light");
  assert.equal(localStorage.getItem("theme"), "light");
});

test("theme that the admin stored and Bobbin does not have is ignored", () => {
  for (const name of ["auto", "Dark", " light", "constructor", "__proto__"]) {
    localStorage.clear();
    localStorage.setItem("theme", name);
    showTheme();
    assert.deepEqual([shown(), label(), localStorage.getItem("bobbin-theme")], [undefined, "as the system", ""]);
    localStorage.setItem("bobbin-theme", name);
    showTheme();
    assert.deepEqual([shown(), label()], [undefined, "as the system"]);
  }
});
