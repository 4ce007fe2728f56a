/** @file The demo's conversion of the sensor readings: block by block as described, and equal to the arrays made before. */
import { existsSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { sensors } from "../../scripts/sensors.ts";
import { SPLITS } from "../../src/data/dataset.ts";
import { loadDataset } from "../../src/data/load.ts";
import { disk } from "../../src/node/disk.ts";

const splits = sensors();

test("every reading is in one split; each mote gives whole blocks of its series", () => {
  const ids = SPLITS.flatMap((split) => splits[split].ids);
  expect(new Set(ids).size).toBe(18914);
  const readings = splits.validation.ids.filter((id) => id.startsWith("mote1-")).map((id) => Number(id.split("-")[1]));
  // Mote 1 has 4417 readings: blocks 1 to 7 hold 442 each, so block 4 begins with reading 1327.
  expect(readings).toEqual(Array.from({ length: 442 }, (_, i) => 1327 + i));
});

const shared = path.resolve(import.meta.dirname, "../../../shared/data/indoor-outdoor-sensors");
if (!existsSync(shared)) console.warn(`the shared arrays are absent (${path.basename(shared)}): comparison skipped`);
test.skipIf(!existsSync(shared))("the arrays equal the shared set's, to the bit", async () => {
  const before = await loadDataset(disk(shared), { modalities: ["humidity", "temperature"] });
  for (const split of SPLITS) {
    expect(splits[split].labels).toEqual(before[split].labels);
    for (const name of ["humidity", "temperature"]) {
      const [mine, theirs] = [splits[split].modalities[name]!, before[split].modalities[name]!];
      expect(mine.shape).toEqual(theirs.shape);
      expect(
        Buffer.compare(
          Buffer.from(mine.data.buffer),
          Buffer.from(theirs.data.buffer, theirs.data.byteOffset, theirs.data.byteLength),
        ),
      ).toBe(0);
    }
  }
});
