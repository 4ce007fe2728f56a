/** @file Writes three splits as a folder that loadDataset reads back identically: ids, groups, truth and masks included. */

import { dataError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { ownValue } from "../core/record.ts";
import { tensor } from "../core/tensor.ts";
import { ceilingArray } from "./ceiling.ts";
import { checkSplits } from "./check.ts";
import { type DataSplits, SPLITS } from "./dataset.ts";
import { writeNpy } from "./formats/npy.ts";
import { isClassKind } from "./kinds.ts";
import type { Manifest } from "./manifest.ts";
import { withoutMissing } from "./masks.ts";
import { LENGTHS, lengthsOf, withoutPadding } from "./sequences.ts";
import { labelsOf } from "./target.ts";

/**
 * Writes `train|valid|test/<modality>.npy` (zeros where a sample lacks the modality), `<modality>_present.npy`, `<modality>_lengths.npy` where samples are padded (zeros there), `labels.npy`, `ids.json`, `groups.json`, `truth.json` and `ceiling.npy` where there are any, and
 * dataset.json last, so that a folder with a dataset.json is complete.
 * @throws DataError for data that does not pass its checks, or has groups, truth or a ceiling in some splits only.
 */
export async function writeDataset(folder: Folder, splits: DataSplits): Promise<void> {
  checkSplits(splits);
  const extras = (["groups", "truth"] as const).filter((part) => splits.train[part] !== undefined);
  for (const split of SPLITS) {
    const data = splits[split];
    for (const part of ["groups", "truth", "ceiling"] as const) {
      if ((data[part] !== undefined) !== (splits.train[part] !== undefined)) {
        throw dataError(
          `writeDataset: the splits train and ${split} differ in having ${part}; give it to all or to none.`,
          {
            split,
            part,
          },
        );
      }
    }
    const dir = split === "validation" ? "valid" : split;
    for (const [name, values] of Object.entries(data.modalities)) {
      const mask = ownValue(data.present, name);
      const known = mask === undefined ? values : withoutMissing(values, mask);
      const lengths = lengthsOf(known, mask);
      await folder.write(`${dir}/${name}.npy`, writeNpy(lengths === undefined ? known : withoutPadding(known)));
      if (lengths !== undefined) {
        await folder.write(
          `${dir}/${name}${LENGTHS}.npy`,
          writeNpy(tensor("int32", [data.size], Int32Array.from(lengths))),
        );
      }
      if (mask === undefined) continue;
      await folder.write(`${dir}/${name}_present.npy`, writeNpy(tensor("uint8", [mask.length], mask)));
    }
    const labels = isClassKind(data.target.kind) ? tensor("int32", [data.size], labelsOf(data)) : data.target.values;
    await folder.write(`${dir}/labels.npy`, writeNpy(labels));
    await folder.write(`${dir}/ids.json`, JSON.stringify(data.ids));
    for (const part of extras) await folder.write(`${dir}/${part}.json`, JSON.stringify(data[part]));
    if (data.ceiling !== undefined) {
      await folder.write(`${dir}/ceiling.npy`, writeNpy(ceilingArray(data.ceiling, data.target.names.length)));
    }
  }
  const { target, ceiling } = splits.train;
  const manifest: Manifest = {
    ...(target.kind === "multiclass"
      ? { classes: target.names }
      : { target: { kind: target.kind, names: target.names } }),
    modalities: Object.keys(splits.train.modalities),
    ids: "ids.json",
    ...Object.fromEntries(extras.map((part) => [part, `${part}.json`])),
    ...(ceiling !== undefined && { ceiling: { array: "ceiling", of: Object.keys(ceiling.unimodal) } }),
  };
  await folder.write("dataset.json", `${JSON.stringify(manifest, undefined, 2)}\n`);
}
