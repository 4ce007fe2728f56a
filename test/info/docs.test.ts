/** @file Every public function of dmil/info says what it is in: an example, a unit or shape, and where it comes from. */
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import * as info from "../../src/info/index.ts";

const folder = path.resolve(import.meta.dirname, "../../src/info");
const text = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(path.join(folder, file), "utf8"))
  .join("\n");

/** The comment right above `export function name`. */
function commentOf(name: string): string {
  const at = text.search(new RegExp(`^export function ${name}[(<]`, "m"));
  const before = text.slice(0, Math.max(0, at)).trimEnd();
  return at < 0 || !before.endsWith("*/") ? "" : before.slice(before.lastIndexOf("/**"));
}

const functions = Object.entries(info).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));

describe("public functions", () => {
  it("are many", () => {
    expect(functions.length).toBeGreaterThan(40);
  });

  it.each(functions)("%s", (name) => {
    const comment = commentOf(name);
    expect(comment, "a comment above it").not.toBe("");
    expect(comment, "an example that calls it").toMatch(new RegExp(`@example[^@]*\\b${name}\\(`));
    expect(comment, "units, shapes or the kind of result").toMatch(
      /\b[Bb]its?\b|\bnats\b|\[[A-Z0-9, a-z_]+\]|\b[Ss]hares?\b/,
    );
    expect(comment, "where it comes from, or that it only reads and arranges").toMatch(/Source: |@throws/);
  });
});
