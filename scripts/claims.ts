/**
 * @file DMIL's ranks in the tables of docs/results.md (or of the given pages), and claims of README.md that no table supports.
 *
 * `npm run docs:claims [-- docs/results/clean.md ...]`; test/claims.test.ts checks README.
 */
import { readFileSync } from "node:fs";
import { wrongClaims } from "./claims/check.ts";
import { readDocuments } from "./claims/documents.ts";
import { overview } from "./claims/overview.ts";
import { readPage } from "./claims/pages.ts";
import { standing } from "./claims/standing.ts";
import { writeRegion } from "./region.ts";

const write = process.argv.includes("--write");
const files = process.argv.slice(2).filter((word) => word !== "--write");
const pageOf = (file: string) => readPage(readFileSync(file, "utf8"));
for (const file of files.length === 0 ? ["docs/results.md"] : files) {
  const page = pageOf(file);
  const lines = page === undefined ? ["this page was not written by `dmil compare --markdown`."] : standing(page);
  console.log([file, ...lines.map((line) => `  ${line}`)].join("\n"));
}
if (write) {
  const [main, synergy] = [pageOf("docs/results.md"), pageOf("docs/results/synergy-check.md")];
  writeRegion("README.md", "overview", "npm run docs:claims -- --write", overview(main!, synergy!));
}
const wrong = wrongClaims(readFileSync("README.md", "utf8"), readDocuments);
if (wrong.length > 0) console.log(["README.md", ...wrong.map((line) => `  ${line}`)].join("\n"));
