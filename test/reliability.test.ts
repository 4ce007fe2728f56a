/** @file docs/reliability.md names tests that are there. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const page = readFileSync("docs/reliability.md", "utf8");

test("every promise is held by tests that exist", () => {
  const rows = page.split("\n").filter((line) => /^\| [a-z]/.test(line) && !/^\| what/.test(line));
  const promises = rows.map((row) => row.split(" | ")).filter((cells) => cells.length === 3);
  expect(promises.length).toBeGreaterThan(25);
  for (const [what, , held] of promises) {
    const named = [...held!.matchAll(/\b(?:[a-z]+\/)*[a-z-]+\b(?=[^a-z/-]|$)/g)]
      .map(([name]) => name)
      .filter((name) => existsSync(`test/${name}.test.ts`) || existsSync(`test/${name}`));
    expect(named, `held by nothing that exists: ${what}`).not.toEqual([]);
    const lost = [...held!.matchAll(/\b[a-z]+\/[a-z/-]+\b/g)].map(([name]) => name);
    for (const name of lost) {
      expect(existsSync(`test/${name}.test.ts`) || existsSync(`test/${name}`), name).toBe(true);
    }
  }
});
