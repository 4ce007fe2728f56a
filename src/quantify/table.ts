/** @file Quantifies a table of symbols: two discrete sources and a target, by counting, without any model. */
import { configError, dataError, hint } from "../core/errors.ts";
import { checkOptions } from "../core/keys.ts";
import { permutation } from "../core/random.ts";
import { millerMadowOf } from "../info/bias.ts";
import {
  countTable,
  entropy,
  pid,
  pminScores,
  rowsFor,
  SAMPLE_TYPES,
  type SampleScores,
  typeNull,
  typeSamples,
} from "../info/index.ts";
import { classMeans } from "./class-means.ts";
import { bits, findingsOf } from "./findings.ts";
import { heldBy, type MeasuredAtoms, type Quantified, TABLE_MEASURES, type TableMeasure } from "./result.ts";
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
  /** Left out: ["broja"]. Findings start with the first. */
  readonly measures?: readonly TableMeasure[];
}

/** The limits of each measure. */
const NOTES: Readonly<Record<TableMeasure, string>> = {
  broja: "Miller-Madow bias subtracted.",
  pmin: "pointwise minimum: signed; equal amounts are treated as the same information.",
  lsmi: "specificity minus ambiguity: signed; equal surprisal is treated as the same information.",
  imin: "equal amounts about each class are treated as the same information.",
  mmi: "the upper bound of redundancy: R is the smaller information.",
  ccs: "common change in surprisal: signed.",
  sx: "shared exclusions: signed.",
};
/** Minimum rows, and maximum cells for which resampling takes reasonable time. */
const MIN_ROWS = 20;
const MAX_CELLS = 12_000;
/** Bias of I12 in bits above which there is a warning. */
const BIAS = 0.05;

/**
 * Redundant, unique and synergistic information of two columns of symbols about a third, with intervals and nulls; bits.
 * @throws DataError where the result would be meaningless: one class, few rows, nearly as many symbols as rows, or an alphabet so large
 * that the bias is half of H(Y) or more. ConfigError for an unknown measure.
 * @example quantifyTable({ sources: ["x1", "x2"], target: "y", first, second, labels }, { seed: 0 }).findings
 */
export function quantifyTable(columns: SymbolColumns, options: QuantifyTableOptions): Quantified {
  checkOptions<QuantifyTableOptions>("quantifyTable", options, { seed: true, measures: true });
  const { measures = ["broja"], seed } = options;
  const { sources, target } = columns;
  const rows = columns.labels.length;
  if (columns.first.length !== rows || columns.second.length !== rows) {
    throw dataError(
      `quantify: ${columns.first.length}, ${columns.second.length} and ${rows} rows; the columns must have the same length.`,
    );
  }
  const { x1, x2, y, table, warnings } = counted(columns, rows);
  const amounts = measures.map((measure) => {
    if (!TABLE_MEASURES.includes(measure)) {
      const advice =
        (measure as string) === "cvx" ? " It clusters features; these columns are symbols already: use broja." : "";
      throw configError(`quantify: measure "${measure}" is not for tables${hint(measure, TABLE_MEASURES)}${advice}`, {
        measure,
      });
    }
    return { measure, ...tableAmounts(table, measure === "lsmi" ? "pm" : measure, seed) };
  });
  const { terms, scores } = pointwiseRows([x1, x2], y, rows);
  const types = typeSamples(scores, typeNull(shuffledScores([x1, x2], y, rows, seed)));
  const { gap } = pid(table);
  const lead = amounts[0]!;
  const result = {
    from: "table" as const,
    sources,
    target,
    samples: rows,
    classes: y.names,
    entropy: entropy(table, [2]),
    informations: lead.informations,
    balance: lead.balance,
    measures: amounts.map(
      ({ measure, atoms, informations }): MeasuredAtoms => ({
        measure,
        atoms: heldBy(atoms, informations),
        notes: [measure === "broja" ? `certified to ${gap.toExponential(0)} bit; ${NOTES.broja}` : NOTES[measure]],
        details: measure === "broja" ? { gap } : {},
      }),
    ),
    byClass: classMeans(y.names, y.codes, terms, scores, seed),
    types: Object.fromEntries(
      SAMPLE_TYPES.map((name, t) => [name, types.reduce((n, type) => n + (type === t ? 1 : 0), 0) / rows]),
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

/** The counts of the columns, and warnings. @throws DataError where any split of them would be noise. */
function counted(columns: SymbolColumns, rows: number) {
  const { sources, target } = columns;
  const [x1, x2, y] = [columns.first, columns.second, columns.labels].map(symbolsOf) as [Symbols, Symbols, Symbols];
  checkMeaning(sources, target, [x1, x2, y], rows);
  const table = countTable([x1.codes, x2.codes, y.codes]);
  const sizes = [x1.names.length, x2.names.length, y.names.length] as const;
  const bias = millerMadowOf(table).I12;
  const hy = entropy(table, [2]);
  if (bias >= hy / 2) {
    throw dataError(
      `quantify: ${rows} rows for ${sizes[0]} x ${sizes[1]} symbols of ${sources.join(" and ")} and ${sizes[2]} classes: chance alone would show about ` +
        `${bits(bias)} bit, and H(${target}) is ${bits(hy)}. Any split would be noise: merge rare symbols, or gather about ` +
        `${rowsFor(sizes, BIAS)} rows.`,
      { rows, bias },
    );
  }
  const warnings = [x1, x2].flatMap(({ names }, m) =>
    names.length > 1 ? [] : [`${sources[m]} is ${names[0]} in every row: it holds no information.`],
  );
  if (bias > BIAS) {
    warnings.unshift(
      `${rows} rows are few for ${sizes.join(" x ")} symbols: about ${bits(bias)} bit of I12 is chance (subtracted). ` +
        `For ${BIAS} bit give ${rowsFor(sizes, BIAS)} rows.`,
    );
  }
  return { x1, x2, y, table, warnings };
}

interface Symbols {
  readonly names: readonly string[];
  readonly codes: Int32Array;
}

function symbolsOf(texts: readonly string[]): Symbols {
  const names = [...new Set(texts)];
  // 2 comes before 10 where all are numbers.
  if (names.every((name) => name.trim() !== "" && Number.isFinite(Number(name))))
    names.sort((a, b) => Number(a) - Number(b));
  else names.sort();
  const codeOf = new Map(names.map((name, i) => [name, i]));
  return { names, codes: Int32Array.from(texts, (text) => codeOf.get(text)!) };
}

function checkMeaning(
  sources: readonly [string, string],
  target: string,
  [x1, x2, y]: readonly [Symbols, Symbols, Symbols],
  rows: number,
): void {
  if (rows < MIN_ROWS) {
    throw dataError(`quantify: ${rows} rows; at least ${MIN_ROWS} are needed for a meaningful interval.`, {
      rows,
    });
  }
  if (y.names.length < 2) {
    throw dataError(`quantify: ${target} is ${y.names[0]} in every row; information needs at least two classes.`);
  }
  const named: (readonly [string, Symbols])[] = [
    [sources[0], x1],
    [sources[1], x2],
    [target, y],
  ];
  for (const [name, { names }] of named) {
    if (names.length > 20 && names.length > rows / 3) {
      throw dataError(
        `quantify: column ${name} holds ${names.length} different symbols in ${rows} rows: with nearly one symbol per row ` +
          "it appears to determine the target. Round or merge them; measured numbers belong in a data folder as features.",
        { column: name, symbols: names.length },
      );
    }
  }
  const cells = x1.names.length * x2.names.length * y.names.length;
  if (cells > MAX_CELLS) {
    throw dataError(
      `quantify: ${x1.names.length} x ${x2.names.length} x ${y.names.length} = ${cells} cells; intervals resample the table, which takes too long for more than ${MAX_CELLS} cells. ` +
        "Merge rare symbols.",
      { cells },
    );
  }
}

/** Pointwise information of each row by counting, bits, and its split by the pointwise minimum. */
function pointwiseRows([x1, x2]: readonly [Symbols, Symbols], y: Symbols, rows: number) {
  const ny = y.names.length;
  const counts = (codes: Int32Array, size: number): Float64Array => {
    const out = new Float64Array(size);
    for (const code of codes) out[code]!++;
    return out;
  };
  const py = counts(y.codes, ny);
  const pointwise = (codes: Int32Array, size: number): Float64Array => {
    const px = counts(codes, size);
    const joint = codes.map((code, i) => code * ny + y.codes[i]!);
    const pxy = counts(joint, size * ny);
    return Float64Array.from(joint, (code, i) => Math.log2((pxy[code]! * rows) / (px[codes[i]!]! * py[y.codes[i]!]!)));
  };
  const n2 = x2.names.length;
  const pairs = x1.codes.map((code, i) => code * n2 + x2.codes[i]!);
  const terms = {
    i1: pointwise(x1.codes, x1.names.length),
    i2: pointwise(x2.codes, n2),
    i12: pointwise(pairs, x1.names.length * n2),
  };
  return { terms, scores: pminScores(terms) };
}

/** Scores under permuted targets, with enough rounds to estimate the null of a few symbols. */
function shuffledScores(sources: readonly [Symbols, Symbols], y: Symbols, rows: number, seed: number): SampleScores[] {
  const rounds = Math.min(20, Math.max(1, Math.floor(40_000 / rows)));
  return Array.from({ length: rounds }, (_, round) => {
    const order = permutation(rows, seed, "quantify.null", round);
    const shuffled = { ...y, codes: Int32Array.from(order, (row) => y.codes[row]!) };
    return pointwiseRows(sources, shuffled, rows).scores;
  });
}
