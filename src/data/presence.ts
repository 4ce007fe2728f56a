/** @file Which modalities each sample has: masks, patterns of present modalities, hiding. */

import { internalError } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import { type Dataset, type Inputs, requireModalities } from "./dataset.ts";

/** Masks [N] by modality: 1 where the sample has it. A modality without a mask is present in every sample. */
export type Presence = Readonly<Record<string, Uint8Array>>;

/** Does any sample lack one of these modalities (default: all)? */
export function hasMissing(
  { present = {} }: Pick<Dataset, "present">,
  modalities: readonly string[] = Object.keys(present),
): boolean {
  return modalities.some((name) => ownValue(present, name)?.includes(0) ?? false);
}

/** Those of these modalities (default: all) that the sample at `row` has. */
export function presentAt(
  dataset: Inputs,
  row: number,
  modalities: readonly string[] = Object.keys(dataset.modalities),
): string[] {
  return modalities.filter((name) => (ownValue(dataset.present, name)?.[row] ?? 1) === 1);
}

/** A pattern as text: `audio+face`. */
export function patternName(modalities: readonly string[]): string {
  return modalities.join("+");
}

/** Rows by pattern of present modalities (among these, default: all): patterns with more modalities first, then in modality order. */
export function rowsByPattern(
  dataset: Inputs,
  modalities: readonly string[] = Object.keys(dataset.modalities),
): Map<string, { readonly modalities: readonly string[]; readonly rows: readonly number[] }> {
  const patterns = new Map<string, { modalities: string[]; rows: number[] }>();
  for (let row = 0; row < dataset.size; row++) {
    const present = presentAt(dataset, row, modalities);
    const entry = patterns.get(patternName(present));
    if (entry === undefined) patterns.set(patternName(present), { modalities: present, rows: [row] });
    else entry.rows.push(row);
  }
  const indices = (pattern: readonly string[]): string => pattern.map((name) => modalities.indexOf(name)).join(",");
  return new Map(
    [...patterns].sort(
      ([, a], [, b]) =>
        b.modalities.length - a.modalities.length ||
        indices(a.modalities).localeCompare(indices(b.modalities), "en", { numeric: true }),
    ),
  );
}

/**
 * The dataset with some modalities marked as missing, in all samples or in those at `rows`. Their values are no longer used: every
 * encoder gets the training mean instead. @throws ConfigError for an unknown name.
 */
export function hideModalities(dataset: Dataset, names: readonly string[], rows?: ArrayLike<number>): Dataset {
  requireModalities(names, Object.keys(dataset.modalities), `hideModalities, the ${dataset.name} data`);
  const n = dataset.size;
  const masks = names.map((name): [string, Uint8Array] => {
    const mask = ownValue(dataset.present, name)?.slice() ?? new Uint8Array(n).fill(1);
    if (rows === undefined) mask.fill(0);
    else for (let i = 0; i < rows.length; i++) mask[rows[i]!] = 0;
    return [name, mask];
  });
  return { ...dataset, present: { ...dataset.present, ...Object.fromEntries(masks) } };
}

/** Masks of N samples as numbers [N, M] in the order of `modalities`: 1 where the sample has the modality. */
export function presenceMatrix(dataset: Inputs, modalities: readonly string[]): Float32Array {
  const n = dataset.size;
  const out = new Float32Array(n * modalities.length).fill(1);
  modalities.forEach((name, m) => {
    const mask = ownValue(dataset.present, name);
    if (mask === undefined) return;
    if (mask.length !== n) throw internalError(`the mask of ${name} has ${mask.length} entries for ${n} samples.`);
    for (let i = 0; i < n; i++) out[i * modalities.length + m] = mask[i]!;
  });
  return out;
}
