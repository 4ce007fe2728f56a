/** @file Splits of one dataset into train, validation and test: by share within each class, or by whole groups. */

import * as z from "zod";
import { dataError } from "../core/errors.ts";
import { parseOptions } from "../core/options.ts";
import { permutation } from "../core/random.ts";
import { ownValue } from "../core/record.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { checkSplits } from "./check.ts";
import { type DataSplits, type Dataset, mapSplits, SPLITS, type SplitName, takeRows } from "./dataset.ts";
import { hasTarget, strataOf } from "./target.ts";

/** Shares of the samples in validation and test; train gets the rest. */
export interface SplitOptions {
  readonly validation: number;
  readonly test: number;
  readonly seed: number;
}

const share = z.number().gt(0, "must be above 0").lt(1, "must be below 1");
const optionsSchema = z
  .strictObject({ validation: share, test: share, seed: z.int().min(0) })
  .refine(({ validation, test }) => validation + test < 1, "validation and test together leave nothing to train on");

/**
 * Splits a dataset; three splits are pooled first. `"share"`: stratified by class. `"group"`: whole groups, in random order, are assigned
 * to the split that is farthest below its share, so no group is in two splits. The same seed gives the same split; rows keep their order.
 * The result is checked (check.ts). @throws ConfigError for invalid shares, DataError without groups or labels, or when train lacks a class.
 */
export function splitBy(data: Dataset | DataSplits, by: "share" | "group", options: SplitOptions): DataSplits {
  const { validation, test, seed } = parseOptions(optionsSchema, options, "splitBy");
  const dataset = pooled(data, "splitBy");
  const shares: Shares = { train: 1 - validation - test, validation, test };
  const sides = by === "group" ? sidesByGroup(dataset, shares, seed) : sidesByShare(dataset, shares, seed);
  const splits = mapSplits((split) => {
    const rows: number[] = [];
    sides.forEach((side, row) => {
      if (side === split) rows.push(row);
    });
    return takeRows(dataset, rows, split);
  });
  checkSplits(splits);
  return splits;
}

/** All samples as one dataset, named `all` when there were three splits. `caller` starts the message. @throws DataError for a sample without a label. */
export function pooled(data: Dataset | DataSplits, caller: string): Dataset {
  const dataset = "train" in data ? pool(data) : data;
  const missing = dataset.ids.findIndex((_, row) => !hasTarget(dataset, row));
  if (missing < 0) return dataset;
  throw dataError(`${caller}: row ${missing} (from 0) has no label; take out such samples first (takeRows).`, {
    row: missing,
  });
}

/** Rows by stratum, each in the given order: strata are the classes; for labels and values there is a single stratum. */
export function strata(dataset: Dataset, rows: Iterable<number>): number[][] {
  const stratum = strataOf(dataset);
  const members: number[][] = Array.from({ length: Math.max(...stratum) + 1 }, () => []);
  for (const row of rows) members[stratum[row]!]?.push(row);
  return members;
}

/** Three splits as one dataset; ids are prefixed by the split's name, as they may occur in several splits. */
function pool(splits: DataSplits): Dataset {
  const parts = SPLITS.map((split) => splits[split]);
  const { groups, truth, target } = splits.train;
  const joined = (tensorOf: (part: Dataset) => Tensor<"float32">): Tensor<"float32"> => {
    const tensors = parts.map(tensorOf);
    const data = new Float32Array(tensors.reduce((n, tensor) => n + tensor.data.length, 0));
    let offset = 0;
    for (const tensor of tensors) {
      data.set(tensor.data, offset);
      offset += tensor.data.length;
    }
    return float32([parts.reduce((n, part) => n + part.size, 0), ...tensors[0]!.shape.slice(1)], data);
  };
  const masked = Object.keys(splits.train.modalities).filter((name) =>
    parts.some((part) => ownValue(part.present, name)),
  );
  const mask = (name: string): Uint8Array =>
    Uint8Array.from(parts.flatMap((part) => [...(ownValue(part.present, name) ?? new Uint8Array(part.size).fill(1))]));
  return {
    name: "all",
    ids: parts.flatMap((part) => part.ids.map((id) => `${part.name}/${id}`)),
    modalities: Object.fromEntries(
      Object.keys(splits.train.modalities).map((name) => [name, joined((part) => part.modalities[name]!)]),
    ),
    size: parts.reduce((n, part) => n + part.size, 0),
    target: { ...target, values: joined((part) => part.target.values) },
    ...(masked.length > 0 && { present: Object.fromEntries(masked.map((name) => [name, mask(name)])) }),
    ...(groups !== undefined && { groups: parts.flatMap((part) => [...(part.groups ?? [])]) }),
    ...(truth !== undefined && { truth: parts.flatMap((part) => [...(part.truth ?? [])]) }),
  };
}

type Shares = Readonly<Record<SplitName, number>>;

/** Assigns class after class with one running count per split, so that rounding errors do not accumulate over small classes. */
function sidesByShare(dataset: Dataset, shares: Shares, seed: number): SplitName[] {
  const members = strata(dataset, permutation(dataset.size, seed, "split"));
  const sides = new Array<SplitName>(dataset.size);
  const assigned: Record<SplitName, number> = { train: 0, validation: 0, test: 0 };
  let total = 0;
  for (const rows of members) {
    total += rows.length;
    rows.forEach((row, i) => {
      const side = i === 0 ? "train" : mostOwed(shares, assigned, total); // train needs every class
      sides[row] = side;
      assigned[side]++;
    });
  }
  return sides;
}

function sidesByGroup(dataset: Dataset, shares: Shares, seed: number): SplitName[] {
  const { groups } = dataset;
  if (groups === undefined) {
    throw dataError(
      `splitBy: the ${dataset.name} data has no groups; name their file in dataset.json, or split by "share".`,
    );
  }
  const sizes = new Map<string, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  if (sizes.size < 3) {
    throw dataError(
      `splitBy: ${sizes.size} groups cannot fill three splits; at least 3 are needed, or split by "share".`,
      {
        groups: sizes.size,
      },
    );
  }
  const names = [...sizes.keys()];
  const order = [...permutation(names.length, seed, "split")].map((i) => names[i]!);
  const assigned: Record<SplitName, number> = { train: 0, validation: 0, test: 0 };
  const sideOf = new Map<string, SplitName>();
  order.forEach((group, i) => {
    const empty = SPLITS.filter((split) => assigned[split] === 0);
    const mustFill = order.length - i <= empty.length;
    const side = mustFill ? empty[0]! : mostOwed(shares, assigned, groups.length);
    sideOf.set(group, side);
    assigned[side] += sizes.get(group)!;
  });
  return groups.map((group) => sideOf.get(group)!);
}

/** The split that is farthest below its share of `total`. */
function mostOwed(shares: Shares, assigned: Readonly<Record<SplitName, number>>, total: number): SplitName {
  let best: SplitName = "train";
  for (const split of SPLITS) {
    if (shares[split] * total - assigned[split] > shares[best] * total - assigned[best]) best = split;
  }
  return best;
}
