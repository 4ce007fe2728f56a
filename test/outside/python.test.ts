/** @file Exported files in Python: valid by the checker of onnx, and in onnxruntime they say what `explain` says. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { expect, test } from "vitest";
import { tensor } from "../../src/core/tensor.ts";
import { writeNpy } from "../../src/data/formats/npy.ts";
import { toOnnx } from "../../src/evaluation/export.ts";
import { encodeTable } from "../../src/runs/tables.ts";
import { exportCases, feedsOf, rowsOf } from "../support/exported.ts";

const SCRIPT = path.resolve(import.meta.dirname, "../../scripts/check-export.py");
const probe = spawnSync("python3", ["-c", "import numpy, onnx, onnxruntime"], { encoding: "utf8" });
const able = probe.status === 0;
if (!able)
  console.warn(
    "SKIPPED: python3 cannot import numpy, onnx and onnxruntime; exported files were not checked from Python.",
  );

test.runIf(able)("every method and kind of target, with gaps too", { timeout: 300_000 }, async () => {
  const place = await fs.mkdtemp(path.join(tmpdir(), "dmil-python-"));
  const paths: string[] = [];
  for (const [i, { fitted, whole, gaps }] of exportCases().entries()) {
    for (const [data, missing] of [
      [whole, false],
      [gaps, true],
    ] as const) {
      const folder = path.join(place, `${i}-${missing}`);
      await fs.mkdir(folder);
      const [model, table] = [path.join(folder, "model.onnx"), path.join(folder, "rows.csv")];
      await fs.writeFile(model, toOnnx(fitted, { missing }));
      await fs.writeFile(table, encodeTable(await rowsOf(fitted, data), "rows.csv"));
      for (const [name, { dims, data: values }] of Object.entries(feedsOf(fitted, data, missing))) {
        await fs.writeFile(path.join(folder, `${name}.npy`), writeNpy(tensor("float32", dims, values)));
      }
      paths.push(model, table, folder);
    }
  }
  const { status, stdout, stderr } = spawnSync("python3", [SCRIPT, ...paths], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.match(/probabilities: largest difference/g)!.length).toBeGreaterThan(60);

  // It can tell: another model's table is not what the file says.
  const wrong = spawnSync("python3", [SCRIPT, paths[0]!, paths[7]!, paths[2]!], { encoding: "utf8" });
  expect(wrong.status).toBe(1);
  await fs.rm(place, { recursive: true });
});
