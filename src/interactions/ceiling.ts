/**
 * @file Compares a model's bits with two references: the ceiling (the bits of the exact posterior, or of a strong classifier) and the
 * bits that were planted when the data were generated.
 */
import { dataError } from "../core/errors.ts";
import type { Posteriors } from "../data/ceiling.ts";
import type { Dataset } from "../data/dataset.ts";
import { UNSCALED } from "../targets/calibrate.ts";
import { type BitColumns, bitColumns, bitsOf } from "./bits.ts";

/** Mean bits of one source, by component and `total`. */
type MeanBits = Readonly<Record<string, number>>;

/** Mean bits of some samples: of the model (`found`), of the ceiling, and planted. */
interface SourceMeans {
  readonly samples: number;
  readonly found: MeanBits;
  readonly ceiling: MeanBits;
  /** Absent where nothing is planted. */
  readonly planted?: MeanBits;
}

/** A model's label-free bits compared with the ceiling's. */
export interface AgainstCeiling {
  /** Over all samples (`all`), and by planted type. */
  readonly means: Readonly<Record<string, SourceMeans>>;
  /** Mean over samples of |found - ceiling|, bits, by component and `total`. */
  readonly distance: MeanBits;
  /** Share of samples whose largest atom is the planted type. */
  readonly named?: { readonly found: number; readonly ceiling: number };
}

/** Label-free bits of posteriors, split into the same atoms as a model's. The modalities are in the order of `names`. */
export function ceilingBits(
  { logits, unimodal }: Posteriors,
  names: readonly string[],
  logPrior: readonly number[],
): BitColumns {
  const modalities = Object.fromEntries(names.map((name) => [name, UNSCALED]));
  const ordered = Object.fromEntries(names.map((name) => [name, unimodal[name]!]));
  const labels = new Int32Array(logits.length / logPrior.length).fill(-1);
  const calibration = { logPrior, prediction: UNSCALED, all: UNSCALED, modalities };
  return bitColumns(bitsOf({ logits, unimodal: ordered, components: {} }, calibration, labels).labelFree);
}

/**
 * Compares a model's bits [N] with the ceiling's and with the planted ones (`truthBits`, or log2 K for the component that `truth` names).
 * @throws DataError when the truth names a component that `found` lacks.
 */
export function againstCeiling(
  found: BitColumns,
  ceiling: BitColumns,
  data: Pick<Dataset, "name" | "truth" | "truthBits" | "target">,
): AgainstCeiling {
  const { name, truth } = data;
  const columns = Object.keys(found);
  const components = columns.filter((column) => column !== "total");
  const n = found.total!.length;
  const unknown = truth?.find((type) => !components.includes(type));
  if (unknown !== undefined) {
    throw dataError(`the truth of the ${name} data names "${unknown}"; the components are ${components.join(", ")}.`, {
      name: unknown,
    });
  }
  const all = Array.from({ length: n }, (_, i) => i);
  const planted = plantedColumns(components, n, data);
  const mean = (source: BitColumns, rows: readonly number[]): MeanBits =>
    Object.fromEntries(
      columns.map((column) => [column, rows.reduce((sum, i) => sum + source[column]![i]!, 0) / rows.length]),
    );
  const groups = ["all", ...components].flatMap((type) => {
    const rows = type === "all" ? all : all.filter((i) => truth?.[i] === type);
    return rows.length === 0 ? [] : [[type, rows] as const];
  });
  const named = (source: BitColumns): number =>
    all.filter((i) => largestOf(source, components, i) === truth![i]).length / n;
  return {
    means: Object.fromEntries(
      groups.map(([type, rows]) => [
        type,
        {
          samples: rows.length,
          found: mean(found, rows),
          ceiling: mean(ceiling, rows),
          ...(planted !== undefined && { planted: mean(planted, rows) }),
        },
      ]),
    ),
    distance: Object.fromEntries(
      columns.map((column) => [
        column,
        all.reduce((sum, i) => sum + Math.abs(found[column]![i]! - ceiling[column]![i]!), 0) / n,
      ]),
    ),
    ...(truth !== undefined && { named: { found: named(found), ceiling: named(ceiling) } }),
  };
}

function plantedColumns(
  components: readonly string[],
  n: number,
  { truth, truthBits, target }: Pick<Dataset, "truth" | "truthBits" | "target">,
): BitColumns | undefined {
  if (truth === undefined && truthBits === undefined) return undefined;
  const columns = components.map(
    (name): ArrayLike<number> =>
      truthBits === undefined
        ? Float64Array.from(truth!, (type) => (type === name ? Math.log2(target.names.length) : 0))
        : (truthBits[name] ?? new Float32Array(n)),
  );
  const total = Float64Array.from({ length: n }, (_, i) => columns.reduce((sum, bits) => sum + bits[i]!, 0));
  return { ...Object.fromEntries(components.map((name, c) => [name, columns[c]!])), total };
}

function largestOf(source: BitColumns, components: readonly string[], i: number): string {
  return components.reduce((best, name) => (source[name]![i]! > source[best]![i]! ? name : best));
}
