/** @file The house's import arrows: only downward; folders on one line do not know each other; type-only imports count too. */
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";

/** Each folder and the folders it may import besides itself. */
const below: Record<string, readonly string[]> = { core: [] };
const lines = [
  ["graph", "data", "info"],
  ["nn", "optim", "runtime"],
  ["targets", "modalities", "encoders"],
  ["methods"],
  ["engine"],
  ["evaluation"],
  ["train"],
  ["interactions"],
  ["quantify"],
  ["runs"],
  ["reports"],
  ["experiments"],
  ["cli"],
];
const reached = ["core"];
for (const line of lines) {
  for (const folder of line) below[folder] = [...reached];
  reached.push(...line);
}
// node implements core's interfaces and is imported by cli and the package's own `dmil/node` alone.
below.node = ["core"];
below.cli = [...below.cli!, "node"];

const root = path.resolve(import.meta.dirname, "../src");
const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !file.includes("kernels/assembly") && !file.includes("kernels/generated"),
);

const imports = sources.flatMap((file) => {
  const text = readFileSync(path.join(root, file), "utf8");
  const found = [...text.matchAll(/(?:from\s+|import\s*\(\s*|import\s+|require\(\s*)["']([^"']+)["']/g)];
  return found.map((match) => ({ file, target: match[1]! }));
});

test("there are sources and imports to look at", () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(imports.length).toBeGreaterThan(150);
});

test("every import points downward", () => {
  const wrong = imports.flatMap(({ file, target }) => {
    if (!target.startsWith(".")) return [];
    const from = file.split(path.sep)[0]!;
    const to = path.relative(root, path.resolve(root, path.dirname(file), target)).split(path.sep)[0]!;
    // The package's table of contents may name anything; what lies outside the sources (package.json) is no folder of theirs.
    if (file === "index.ts" || from === to || to === "..") return [];
    return below[from]?.includes(to) ? [] : [`${file} -> ${target}`];
  });
  expect(wrong).toEqual([]);
});

test("training knows methods by their contract alone, and methods know no optimiser", () => {
  const wrong = imports.filter(
    ({ file, target }) =>
      (/^(engine|evaluation|train)\b/.test(file) &&
        target.includes("/methods/") &&
        !target.endsWith("/methods/method.ts")) ||
      (file.startsWith("methods") && /\/(optim|engine|train|runtime)\//.test(target)),
  );
  expect(wrong).toEqual([]);
});

test("what runs in a browser names no module of Node and no platform's package", () => {
  const allowed = /^(node|cli)\b|^runtime[\\/]ort(\.(node|web)|\.d)\.ts$/;
  const wrong = imports.filter(
    ({ file, target }) => !allowed.test(file) && /^(node:|onnxruntime-(node|web))/.test(target),
  );
  expect(wrong).toEqual([]);
});
