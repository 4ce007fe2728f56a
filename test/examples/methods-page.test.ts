/** @file docs/methods.md is what the methods' files say now. */
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { methodsPage } from "../../scripts/methods.ts";

test("docs/methods.md is up to date; if not: npm run docs:methods", () => {
  const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/methods.md"), "utf8");
  expect(page).toBe(methodsPage());
});
