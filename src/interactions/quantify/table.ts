/** @file Quantify a table of symbols: two discrete sources and a target, by counting, without any model. */
import { configError, dataError } from "../../core/errors.ts";
import { countTable, entropy, pid, pminScores, rowsFor, SAMPLE_TYPES, typeSamples } from "../../info/index.ts";
import { bits, findingsOf } from "./findings.ts";
import type { ClassMeans, MeasuredAtoms, Quantified, QuantifyMeasure } from "./result.ts";
import { tableAmounts } from "./table-amounts.ts";

/** N rows of symbols, as texts. */
export interface SymbolColumns {
  readonly sources: readonly [string, string];
  readonly target: string;
  readonly first: readonly string[];
  readonly second: readonly string[];
  readonly labels: readonly string[];
  /** Row numbers from 1 when left out. */
  readonly ids?: readonly string[];
}

/** Options of quantifyTable. */
export interface QuantifyTableOptions {
  readonly seed: number;
  /** "broja" when left out; also "pmin", and "lsmi" for its discrete form, specificity less ambiguity. */
  readonly measures?: readonly QuantifyMeasure[];
}

/** The same measures on tables. */
const ON_TABLES = { broja: "broja", pmin: "pmin", lsmi: "pm" } as const;
/** Fewest rows, and most cells for which resampling ends in reasonable time. */
const FEWEST_ROWS = 20;
const MOST_CELLS = 12_000;
/** Bias of I12 in bits from which a warning is due. */
const BIAS = 0.05;

/**
 * Redundant, unique and synergistic information of two columns of symbols about a third, with intervals and nulls; bits.
 * @throws DataError where a number would mean nothing: one class, few rows, a symbol for nearly every row, or an alphabet so large
 * that chance alone would show the full H(Y). ConfigError for an unknown measure.
 * @example quantifyTable({ sources: ["x1", "x2"], target: "y", first, second, labels }, { seed: 0 }).findings
 */
export function quantifyTable(columns: SymbolColumns, options: QuantifyTableOptions): Quantified {
  const { measures = ["broja"], seed } = options;
  const { sources, target } = columns;
  const rows = columns.labels.length;
  if (columns.first.length !== rows || columns.second.length !== rows) {
    throw dataError(
      `quantify: ${columns.first.length}, ${columns.second.length} and ${rows} rows; the columns must be of one length.`,
    );
  }
  const [x1, x2, y] = [columns.first, columns.second, columns.labels].map(symbolsOf) as [Symbols, Symbols, Symbols];
  checkMeaning(sources, target, [x1, x2, y], rows);
  const table = countTable([x1.codes, x2.codes, y.codes]);
  const pairs = new Set(Array.from(x1.codes, (a, i) => a * x2.names.length + x2.codes[i]!)).size;
  const bias = ((pairs - 1) * (y.names.length - 1)) / (2 * rows * Math.LN2);
  const hy = entropy(table, [2]);
  if (bias >= hy / 2) {
    throw dataError(
      `quantify: ${rows} rows for ${pairs} pairs of ${sources.join(" and ")} and ${y.names.length} classes: chance alone would show about ` +
        `${bits(bias)} bit, and H(${target}) is ${bits(hy)}. Any split would be noise: merge rare symbols, or gather about ` +
        `${rowsFor([x1.names.length, x2.names.length, y.names.length], BIAS)} rows.`,
      { rows, pairs, bias },
    );
  }
  const warnings =
    bias > BIAS
      ? [
          `${rows} rows are few for ${x1.names.length} x ${x2.names.length} x ${y.names.length} symbols: about ${bits(bias)} bit of I12 is chance (taken off). ` +
            `For ${BIAS} bit give ${rowsFor([x1.names.length, x2.names.length, y.names.length], BIAS)} rows.`,
        ]
      : [];
  const amounts = measures.map((measure) => {
    if (measure === "cvx") {
      throw configError(
        "quantify: cvx clusters features; these columns are symbols already, for which it equals broja.",
      );
    }
    return { measure, ...tableAmounts(table, ON_TABLES[measure], seed) };
  });
  const { terms, scores } = pointwiseRows([x1, x2, y], rows);
  const types = typeSamples(scores);
  const { gap } = pid(table);
  const lead = amounts[0]!;
  const result = {
    from: "table" as const,
    sources,
    target,
    samples: rows,
    classes: y.names,
    entropy: hy,
    informations: lead.informations,
    balance: lead.balance,
    measures: amounts.map(
      ({ measure, atoms }): MeasuredAtoms => ({
        measure,
        atoms,
        notes: [
          measure === "broja" ? `certified to ${gap.toExponential(0)} bit; Miller-Madow bias taken off.` : "signed.",
        ],
        details: measure === "broja" ? { gap } : {},
      }),
    ),
    byClass: y.names.map((name, k): ClassMeans => {
      const own = [...y.codes.keys()].filter((i) => y.codes[i] === k);
      const mean = (values: Float64Array): number => own.reduce((sum, i) => sum + values[i]!, 0) / own.length;
      const { i1, i2, i12 } = terms;
      const { r, u1, u2, s } = scores;
      const parts = { R: mean(r), U1: mean(u1), U2: mean(u2), S: mean(s) };
      return { name, samples: own.length, I1: mean(i1), I2: mean(i2), I12: mean(i12), ...parts };
    }),
    types: Object.fromEntries(
      SAMPLE_TYPES.slice(0, 4).map((name, t) => [name, types.reduce((n, own) => n + (own === t ? 1 : 0), 0) / rows]),
    ),
    warnings,
    rows: Array.from(y.codes, (_, i) => ({
      id: columns.ids?.[i] ?? String(i + 1),
      x1: columns.first[i]!,
      x2: columns.second[i]!,
      label: columns.labels[i]!,
      type: SAMPLE_TYPES[types[i]!],
      i1: terms.i1[i]!,
      i2: terms.i2[i]!,
      i12: terms.i12[i]!,
      r: scores.r[i]!,
      u1: scores.u1[i]!,
      u2: scores.u2[i]!,
      s: scores.s[i]!,
    })),
  };
  return { ...result, findings: findingsOf(result) };
}

interface Symbols {
  readonly names: readonly string[];
  readonly codes: Int32Array;
}

function symbolsOf(texts: readonly string[]): Symbols {
  const names = [...new Set(texts)].sort();
  const place = new Map(names.map((name, i) => [name, i]));
  return { names, codes: Int32Array.from(texts, (text) => place.get(text)!) };
}

function checkMeaning(
  sources: readonly [string, string],
  target: string,
  [x1, x2, y]: readonly [Symbols, Symbols, Symbols],
  rows: number,
): void {
  if (rows < FEWEST_ROWS) {
    throw dataError(`quantify: ${rows} rows; at least ${FEWEST_ROWS} are needed for an interval that says anything.`, {
      rows,
    });
  }
  if (y.names.length < 2) {
    throw dataError(`quantify: ${target} is ${y.names[0]} in every row; information is about telling classes apart.`);
  }
  const named: (readonly [string, Symbols])[] = [
    [sources[0], x1],
    [sources[1], x2],
    [target, y],
  ];
  for (const [name, { names }] of named) {
    if (names.length > 20 && names.length > rows / 3) {
      throw dataError(
        `quantify: column ${name} holds ${names.length} different symbols in ${rows} rows: nearly every row would be a symbol of its own and ` +
          "appear to tell everything. Round or merge them; numbers that measure something belong into a data folder as features.",
        { column: name, symbols: names.length },
      );
    }
  }
  const cells = x1.names.length * x2.names.length * y.names.length;
  if (cells > MOST_CELLS) {
    throw dataError(
      `quantify: ${x1.names.length} x ${x2.names.length} x ${y.names.length} = ${cells} cells; intervals resample the table and at most ${MOST_CELLS} cells are done in reasonable time. ` +
        "Merge rare symbols.",
      { cells },
    );
  }
}

/** Pointwise informations of each row by counting, bits, and their split by the pointwise minimum. */
function pointwiseRows([x1, x2, y]: readonly [Symbols, Symbols, Symbols], rows: number) {
  const counted = (code: (i: number) => number): ((i: number) => number) => {
    const counts = new Map<number, number>();
    for (let i = 0; i < rows; i++) counts.set(code(i), (counts.get(code(i)) ?? 0) + 1);
    return (i) => counts.get(code(i))!;
  };
  const ny = y.names.length;
  const py = counted((i) => y.codes[i]!);
  const about = (source: (i: number) => number): Float64Array => {
    const px = counted(source);
    const pxy = counted((i) => source(i) * ny + y.codes[i]!);
    return Float64Array.from({ length: rows }, (_, i) => Math.log2((pxy(i) * rows) / (px(i) * py(i))));
  };
  const terms = {
    i1: about((i) => x1.codes[i]!),
    i2: about((i) => x2.codes[i]!),
    i12: about((i) => x1.codes[i]! * x2.names.length + x2.codes[i]!),
  };
  return { terms, scores: pminScores(terms) };
}
