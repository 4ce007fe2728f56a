/** @file Compares the bits of a model with the ceiling of its data, for `dmil explain`: as text, JSON and table columns. */
import type { Dataset } from "../data/dataset.ts";
import type { BitColumns } from "../interactions/bits.ts";
import { type AgainstCeiling, againstCeiling, ceilingBits } from "../interactions/ceiling.ts";
import type { Cell, SampleReport } from "../interactions/report.ts";
import { share, table } from "./text.ts";

/** The comparison with the ceiling in an explanation. */
export interface CeilingComparison {
  readonly text: string;
  readonly json: AgainstCeiling;
  /** Columns of sample i: `ceiling_<component>`, `ceiling_total` and, if known, `truth`. */
  columns(i: number): Record<string, Cell>;
}

/** Compares explained samples with the ceiling of their data; undefined if the data has none, or the samples no bits. */
export function comparedWithCeiling(
  samples: readonly SampleReport[],
  dataset: Dataset,
  logPrior: readonly number[],
): CeilingComparison | undefined {
  const { ceiling, truth } = dataset;
  const names = Object.keys(samples[0]?.bits ?? {});
  if (ceiling === undefined || names.length === 0) return undefined;
  const modelBits: BitColumns = Object.fromEntries(
    names.map((name) => [name, Float64Array.from(samples, ({ bits }) => bits[name]!)]),
  );
  const modalities = Object.keys(samples[0]!.modalities);
  const exact = ceilingBits(ceiling, modalities, logPrior);
  const json = againstCeiling(modelBits, exact, dataset);
  return {
    text: textOf(json),
    json,
    columns: (i) => ({
      ...Object.fromEntries(names.map((name) => [`ceiling_${name}`, exact[name]![i]!])),
      ...(truth !== undefined && { truth: truth[i]! }),
    }),
  };
}

function textOf({ means, distance, named }: AgainstCeiling): string {
  const columns = Object.keys(distance);
  const rows = Object.entries(means).flatMap(([type, { samples, ...sources }]) =>
    Object.entries(sources).map(([source, bits], s) => [
      s === 0 ? type : "",
      s === 0 ? String(samples) : "",
      source,
      ...columns.map((column) => share(bits[column])),
    ]),
  );
  return [
    "bits, mean by planted type (found: by the model; ceiling: by a strong classifier of the data; planted: from the generator)",
    table([["planted", "samples", "bits", ...columns], ...rows]),
    table([
      ["", ...columns],
      ["|found - ceiling|", ...columns.map((column) => share(distance[column]))],
    ]),
    ...(named === undefined
      ? []
      : [`types identified correctly: model ${share(named.found)}, ceiling ${share(named.ceiling)}`]),
  ].join("\n");
}
