/** @file The demo's conversion of the sensor readings: block by block as described, and the readings of the arrays made before. */

import { existsSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { sensors } from "../../scripts/sensors.ts";
import { type Dataset, SPLITS, type SplitName } from "../../src/data/dataset.ts";
import { loadDataset } from "../../src/data/load.ts";
import { labelsOf } from "../../src/data/target.ts";
import { disk } from "../../src/node/disk.ts";

const splits = sensors();

test("every reading is in one split; each mote gives whole blocks to test, and the ends of the others to validation", () => {
  const ids = SPLITS.flatMap((split) => splits[split].ids);
  expect(new Set(ids).size).toBe(18914);
  const readings = (split: SplitName): number[] =>
    splits[split].ids.filter((id) => id.startsWith("mote1-")).map((id) => Number(id.split("-")[1]));
  // Mote 1 has 4417 readings: blocks 1 to 7 hold 442 each; block 1 trains with 354 and validates with 88, block 2 is tested.
  expect(readings("train").slice(353, 355)).toEqual([354, 885]);
  expect(readings("validation").slice(0, 89)).toEqual([
    ...Array.from({ length: 88 }, (_, i) => 355 + i),
    885 + 353 + 1,
  ]);
  expect(readings("test").slice(0, 442)).toEqual(Array.from({ length: 442 }, (_, i) => 443 + i));
});

const shared = path.resolve(import.meta.dirname, "../../../shared/data/indoor-outdoor-sensors");
if (!existsSync(shared)) console.warn(`the shared arrays are absent (${path.basename(shared)}): comparison skipped`);
/** Each row as text, with its label. */
function rowsOf(...parts: readonly Dataset[]): string[] {
  return parts.flatMap((part) => {
    const { humidity, temperature } = part.modalities;
    return [...labelsOf(part)].map((label, i) => `${humidity!.data[i]} ${temperature!.data[i]} ${label}`);
  });
}

test.skipIf(!existsSync(shared))(
  "test equals the shared set's, the others together hold the same readings",
  async () => {
    const before = await loadDataset(disk(shared), { modalities: ["humidity", "temperature"] });
    expect(rowsOf(splits.test)).toEqual(rowsOf(before.test));
    const others = (own: typeof splits): string[] => rowsOf(own.train, own.validation).sort();
    expect(others(splits)).toEqual(others(before));
  },
);
