/**
 * @file Question: how long does `quantify` take, and how much memory, on many classes, many rows, many features?
 *
 * `npx tsx bench/quantify-sizes.ts` quantifies generated Gaussian classes, each size in a process of its own, with the default measures;
 * `--write` puts the figures into docs/quantify.md. Option: --sizes 5000x10x1000,800x6x2 (rows x features of a source x classes).
 */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine, markdownTable, writeRegion } from "../scripts/region.ts";
import { stream } from "../src/core/random.ts";
import { float32 } from "../src/core/tensor.ts";
import { type Dataset, rowIds } from "../src/data/dataset.ts";
import { classTarget } from "../src/data/target.ts";
import { quantify } from "../src/quantify/index.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "5000x10x1000,100000x20x2,60x20000x2" },
    one: { type: "string" },
    write: { type: "boolean", default: false },
  },
});

/** Classes with centres of their own in each source. */
function made(rows: number, width: number, classes: number): Dataset {
  const draw = stream(0, "bench.sizes");
  const labels = Int32Array.from({ length: rows }, () => draw.below(classes));
  const source = (noise: number): ReturnType<typeof float32> => {
    const centres = Float32Array.from({ length: classes * width }, () => draw.normal());
    const out = float32([rows, width]);
    for (let i = 0; i < out.data.length; i++) {
      out.data[i] = centres[labels[Math.floor(i / width)]! * width + (i % width)]! + noise * draw.normal();
    }
    return out;
  };
  const names = Array.from({ length: classes }, (_, k) => `c${k}`);
  return { name: "made", ids: rowIds(rows), modalities: { a: source(3), b: source(6) }, ...classTarget(names, labels) };
}

if (values.one !== undefined) {
  const [rows, width, classes] = values.one.split("x").map(Number) as [number, number, number];
  const start = performance.now();
  const { measures } = await quantify(made(rows, width, classes), { seed: 0 });
  const seconds = (performance.now() - start) / 1000;
  const mebibytes = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ seconds, mebibytes, measures: measures.map(({ measure }) => measure) }));
} else {
  const lines = values.sizes.split(",").map((size) => {
    const self = fileURLToPath(import.meta.url);
    const told = execFileSync("npx", ["tsx", self, "--one", size], { encoding: "utf8" });
    const { seconds, mebibytes, measures } = JSON.parse(told.trim().split("\n").at(-1)!);
    return [...size.split("x"), measures.join(", "), `${seconds.toFixed(0)} s`, `${mebibytes.toFixed(0)} MiB`];
  });
  const head = ["rows", "features a source", "classes", "measures", "time", "memory"];
  const text = [markdownTable([head, ...lines]), `${machine()}.`].join("\n\n");
  console.log(text);
  if (values.write) writeRegion("docs/quantify.md", "sizes", "npx tsx bench/quantify-sizes.ts --write", text);
}
