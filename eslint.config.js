// Settings of eslint, for `make lint`.
import js from "@eslint/js";
import globals from "globals";

// Strings that begin with a capitalized word are texts, except for these. (scripts/translations.py checks the templates.)
const NO_TEXTS = "/^(Bobbin|Enter|End|Escape|Location)$/";
const message = "Mark the text for translation: gettext(…).";
const unmarkedText = {
  selector: `:not(CallExpression[callee.name=/^n?gettext$/]) > Literal[value=/^[A-Z][a-z]+([ .:…,?!’].*)?$/]:not([value=${NO_TEXTS}])`,
  message,
};
const unmarkedTemplate = { selector: "TemplateElement[value.raw=/^[A-Z][a-z]+[ .:…,?!’]/]", message };

export default [
  js.configs.recommended,
  { rules: { "no-unused-vars": ["error", { ignoreRestSiblings: true }] } },
  { files: ["services/web/**"], rules: { "no-restricted-syntax": ["error", unmarkedText, unmarkedTemplate] } },
  { files: ["services/web/**", "tests/javascript/**"], languageOptions: { globals: globals.browser } },
  { files: ["scripts/**", "tests/**"], languageOptions: { globals: globals.node } },
];
