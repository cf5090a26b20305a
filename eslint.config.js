// Settings of eslint, for `make lint`.
import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  { rules: { "no-unused-vars": ["error", { ignoreRestSiblings: true }] } },
  { files: ["services/web/**", "tests/javascript/**"], languageOptions: { globals: globals.browser } },
  { files: ["scripts/**", "tests/**"], languageOptions: { globals: globals.node } },
];
