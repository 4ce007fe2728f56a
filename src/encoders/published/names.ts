/**
 * @file How published weights name and lay out their tensors: one table for each family of names, one row for each of our parameters.
 *
 * `<i>` in both names is the same number. A row with several published names joins their tensors along the first axis.
 */
import type { Layout, PatchSizes } from "./layouts.ts";

export type { PatchSizes } from "./layouts.ts";

/** One parameter: our name, the published ones, and how the numbers lie. */
export type Row = readonly [ours: string, theirs: string | readonly string[], layout: Layout];

/** The names of one library. */
export interface NameMap {
  /** The library: `torchvision`. */
  readonly names: string;
  /** A tensor by which files with these names are known. */
  readonly marker: string;
  /** What some models put before all names. */
  readonly prefixes?: readonly string[];
  /** Parts of names that older files write in another way, and their writing in the rows. */
  readonly former?: Readonly<Record<string, string>>;
  /** Beginnings (`fc.`) or ends (`.num_batches_tracked`) of names that belong to no part of the encoder. */
  readonly ignored: readonly string[];
  readonly rows: readonly Row[];
}

/** The published weights that a kind of encoder can start from. */
export interface PublishedNames {
  /** The families of names; the first is the default of exports. */
  readonly maps: readonly NameMap[];
  /** Sizes by the description of an encoder; only for encoders of patches. */
  readonly patches?: (description: Readonly<Record<string, unknown>>) => PatchSizes;
}

/** Weight and bias of a linear layer. */
export const linearRows = (ours: string, theirs: string): Row[] => [
  [`${ours}.weight`, `${theirs}.weight`, "linear"],
  [`${ours}.bias`, `${theirs}.bias`, "same"],
];

/** Scale and shift of a normalisation. */
export const normRows = (ours: string, theirs: string): Row[] => [
  [`${ours}.scale`, `${theirs}.weight`, "same"],
  [`${ours}.shift`, `${theirs}.bias`, "same"],
];

/** Batch normalisation with its running statistics. */
export const batchNormRows = (ours: string, theirs: string): Row[] => [
  ...normRows(ours, theirs),
  [`${ours}.running_mean`, `${theirs}.running_mean`, "same"],
  [`${ours}.running_var`, `${theirs}.running_var`, "same"],
];
