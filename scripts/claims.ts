/**
 * @file Where DMIL stands in the tables of docs/results.md (or of the pages that are named), and what README.md claims without a table.
 *
 * `npm run docs:claims [-- docs/results/clean.md ...]`; test/claims.test.ts holds README to it.
 */
import { readFileSync } from "node:fs";
import { wrongClaims } from "./claims/check.ts";
import { readDocuments } from "./claims/documents.ts";
import { readPage } from "./claims/pages.ts";
import { standing } from "./claims/standing.ts";

const files = process.argv.slice(2);
for (const file of files.length === 0 ? ["docs/results.md"] : files) {
  const page = readPage(readFileSync(file, "utf8"));
  const lines = page === undefined ? ["not a page that `dmil compare --markdown` wrote."] : standing(page);
  console.log([file, ...lines.map((line) => `  ${line}`)].join("\n"));
}
const wrong = wrongClaims(readFileSync("README.md", "utf8"), readDocuments);
if (wrong.length > 0) console.log(["README.md", ...wrong.map((line) => `  ${line}`)].join("\n"));
