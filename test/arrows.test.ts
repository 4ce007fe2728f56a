/** @file The house's import arrows: only downward, no circles; folders on one line do not know each other; type-only imports count too. */
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";

/** Each folder and the folders it may import besides itself. */
const below: Record<string, readonly string[]> = { core: [] };
const lines = [
  ["graph", "data", "info", "optim", "signal", "pictures"],
  ["nn", "runtime", "prepare"],
  ["targets", "modalities", "encoders"],
  ["features"],
  ["methods"],
  ["engine"],
  ["evaluation"],
  ["train"],
  ["interactions"],
  ["quantify"],
  ["runs"],
  ["experiments"],
  ["reports"],
  ["cli"],
];
const reached = ["core"];
for (const line of lines) {
  for (const folder of line) below[folder] = [...reached];
  reached.push(...line);
}
// node implements core's interfaces and decodes files with the readers of data; it is imported by cli and the package's own `dmil/node` alone.
below.node = ["core", "data"];
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
        !/\/methods\/(method|missing)\.ts$/.test(target)) ||
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

test("no file imports itself by way of others, types included", () => {
  const edges = new Map(sources.map((file) => [file, new Set<string>()]));
  for (const { file, target } of imports) {
    const to = path.relative(root, path.resolve(root, path.dirname(file), target));
    if (target.startsWith(".") && edges.has(to)) edges.get(file)!.add(to);
  }
  expect(circles(edges)).toEqual([]);
});

test("circles are found: two of them, and not the file that leads to one", () => {
  const edges = new Map([
    ["a", new Set(["b"])],
    ["b", new Set(["c", "d"])],
    ["c", new Set(["b"])],
    ["d", new Set<string>()],
    ["e", new Set(["f"])],
    ["f", new Set(["g"])],
    ["g", new Set(["e", "d"])],
  ]);
  expect(circles(edges)).toEqual([
    ["b", "c"],
    ["e", "f", "g"],
  ]);
});

/** The strongly connected components of more than one file, and files that import themselves. Tarjan 1972. */
function circles(edges: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const components: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    for (const target of edges.get(file)!) {
      if (!order.has(target)) visit(target);
      if (stack.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) === order.get(file)) components.push(stack.splice(stack.indexOf(file)).sort());
  };
  for (const file of edges.keys()) if (!order.has(file)) visit(file);
  return components.filter(([file, ...others]) => others.length > 0 || edges.get(file!)!.has(file!)).sort();
}
