/** @file Forms two sources from many modalities: chosen by name, joined by `+`, or each modality against the rest. */

import { configError, listing } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { type DataSplits, type Dataset, featureCount, requireModalities, SPLITS } from "../data/dataset.ts";
import type { Fold } from "../data/folds.ts";
import { hasMissing, presenceMatrix, presentAt } from "../data/presence.ts";
import { lengthsOf, withValidity } from "../data/sequences.ts";

/** A source: its name and the modalities it joins. */
export interface SourceChoice {
  readonly name: string;
  readonly parts: readonly string[];
}

/**
 * Pairs of sources to quantify. `chosen` has two names, each a modality or several joined by `+`. Left out: the two modalities of the
 * data, or with more each against all others. @throws ConfigError unless there are two names, for unknown ones, or a modality in both.
 */
export function sourcePairs(
  chosen: readonly string[] | undefined,
  modalities: readonly string[],
): (readonly [SourceChoice, SourceChoice])[] {
  if (chosen === undefined) {
    const source = (parts: readonly string[]): SourceChoice => ({ name: parts.join("+"), parts });
    if (modalities.length < 2) {
      throw configError(
        modalities.length === 0
          ? "quantify: the data has no source beside its target; a decomposition needs two sources."
          : `quantify: the data has one source, ${modalities[0]}; a decomposition needs two.`,
      );
    }
    if (modalities.length === 2) return [[source([modalities[0]!]), source([modalities[1]!])]];
    return modalities.map((name) => [source([name]), source(modalities.filter((other) => other !== name))]);
  }
  if (chosen.length !== 2) {
    throw configError(
      `quantify: ${chosen.length === 1 ? "one source" : `${chosen.length} sources`} (${listing(chosen)}); a decomposition needs two.` +
        (modalities.length < 2
          ? ""
          : ` Join modalities by +, as in ${modalities[0]},${modalities.slice(1).join("+")}.`),
      { chosen },
    );
  }
  const pair = chosen.map((name): SourceChoice => ({ name, parts: name.split("+") }));
  requireModalities(
    pair.flatMap(({ parts }) => parts),
    modalities,
    "quantify",
  );
  return [[pair[0]!, pair[1]!]];
}

/** The numbers of a modality; those of sequences that are padded with zeros at padding and a feature that says which steps are valid. */
function numbersOf({ modalities, present }: Dataset, name: string): Tensor<"float32"> {
  const values = modalities[name]!;
  return lengthsOf(values, ownValue(present, name)) === undefined ? values : withValidity(values);
}

/** The dataset with two modalities, each the concatenated features of a source. */
export function joinSources(dataset: Dataset, pair: readonly SourceChoice[]): Dataset {
  const modalities = pair.map(({ name, parts }): [string, Tensor<"float32">] => {
    const tensors = parts.map((part) => numbersOf(dataset, part));
    if (parts.length === 1) return [name, tensors[0]!];
    const widths = tensors.map(featureCount);
    const width = widths.reduce((a, b) => a + b, 0);
    const rows = dataset.size;
    const out = float32([rows, width]);
    let column = 0;
    tensors.forEach(({ data }, t) => {
      const size = widths[t]!;
      for (let i = 0; i < rows; i++) out.data.set(data.subarray(i * size, (i + 1) * size), i * width + column);
      column += size;
    });
    return [name, out];
  });
  // A source is present where all its modalities are.
  const masks = pair.map(({ name, parts }): [string, Uint8Array] => [
    name,
    Uint8Array.from(dataset.ids, (_, i) => Number(presentAt(dataset, i, parts).length === parts.length)),
  ]);
  return {
    ...dataset,
    modalities: Object.fromEntries(modalities),
    ...(hasMissing(dataset) && { present: Object.fromEntries(masks) }),
  };
}

/** The three splits as one dataset, and as one fold. When an id occurs in several splits, all ids are prefixed by their split's name. */
export function pooled(splits: DataSplits): { readonly dataset: Dataset; readonly own: Fold } {
  const sizes = SPLITS.map((split) => splits[split].size);
  const starts = [0, sizes[0]!, sizes[0]! + sizes[1]!];
  const clash = new Set(SPLITS.flatMap((split) => splits[split].ids)).size < sizes.reduce((a, b) => a + b, 0);
  const { train } = splits;
  const { target } = train;
  const dataset: Dataset = {
    name: "all",
    size: sizes.reduce((a, b) => a + b, 0),
    ids: SPLITS.flatMap((split) => splits[split].ids.map((id) => (clash ? `${split}/${id}` : id))),
    modalities: Object.fromEntries(
      Object.entries(train.modalities).map(([name, { shape }]) => {
        const out = float32([sizes.reduce((a, b) => a + b, 0), ...shape.slice(1)]);
        const width = featureCount({ shape });
        SPLITS.forEach((split, s) => {
          out.data.set(splits[split].modalities[name]!.data, starts[s]! * width);
        });
        return [name, out];
      }),
    ),
    ...(SPLITS.some((split) => hasMissing(splits[split])) && {
      present: Object.fromEntries(
        Object.keys(train.modalities).map((name) => [
          name,
          Uint8Array.from(SPLITS.flatMap((split) => [...presenceMatrix(splits[split], [name])])),
        ]),
      ),
    }),
    target: {
      ...target,
      values: float32(
        [sizes.reduce((a, b) => a + b, 0), target.values.shape[1]!],
        SPLITS.flatMap((split) => [...splits[split].target.values.data]),
      ),
    },
    ...(SPLITS.every((split) => splits[split].groups !== undefined)
      ? { groups: SPLITS.flatMap((split) => splits[split].groups!) }
      : {}),
  };
  const rowsOf = (s: number): number[] => Array.from({ length: sizes[s]! }, (_, i) => starts[s]! + i);
  return { dataset, own: { train: rowsOf(0), validation: rowsOf(1), held: rowsOf(2) } };
}
