/** @file `dmil quantify`: is there redundancy, unique information, synergy in data, and how sure is that? */
import * as path from "node:path";
import { configError, hint } from "../../core/errors.ts";
import { csvTexts, readCsv } from "../../data/formats/csv.ts";
import { bits } from "../../interactions/quantify/findings.ts";
import {
  type Amount,
  ATOMS,
  joinSources,
  pooled,
  QUANTIFY_MEASURES,
  type Quantified,
  type QuantifyMeasure,
  quantify as quantifyFeatures,
  quantifyPage,
  quantifyTable,
  sourcePairs,
} from "../../interactions/quantify/index.ts";
import { disk } from "../../node/disk.ts";
import { encodeTable, tableFormat } from "../../runs/tables.ts";
import { type Answer, note } from "../answer.ts";
import { names } from "../config.ts";
import { openData, writeFile } from "../open-data.ts";
import { count, table } from "../text.ts";

export interface QuantifyFlags {
  readonly modalities?: string;
  readonly measure?: string;
  readonly by?: string;
  readonly samples?: string;
  readonly out?: string;
  readonly seed: string;
  readonly folds: string;
  readonly nulls: string;
  readonly project?: boolean;
  readonly quiet?: boolean;
}

/** Columns of a table that are neither source nor target. */
const ASIDE = ["id", "group", "split"];

/** Quantifies a data folder, or a CSV of symbols. */
export async function quantify(data: string, flags: QuantifyFlags): Promise<Answer> {
  const seed = whole("--seed", flags.seed, 0);
  const measures = measuresOf(flags.measure);
  if (flags.by !== undefined && flags.by !== "class") {
    throw configError(`--by ${flags.by} is not known${hint(flags.by, ["class"])}`);
  }
  if (flags.samples !== undefined) tableFormat(flags.samples); // a wrong ending is better known before the work than after
  if (flags.out !== undefined && !/\.html?$/.test(flags.out)) {
    throw configError(`--out ${flags.out}: the report is a page; its name ends in .html.`);
  }
  const results = /\.csv$/i.test(data)
    ? await fromTable(data, flags, seed, measures)
    : await fromFolder(data, flags, seed, measures);
  const name = path.basename(path.resolve(data));
  if (flags.samples !== undefined) {
    const rows = results.flatMap(({ sources, rows: own }) =>
      results.length === 1 ? own : own.map((row) => ({ first: sources[0], second: sources[1], ...row })),
    );
    await writeFile(flags.samples, encodeTable(rows, flags.samples));
  }
  if (flags.out !== undefined) await writeFile(flags.out, quantifyPage(`Interactions in ${name}`, results));
  const written = [flags.samples, flags.out].filter((file) => file !== undefined);
  return {
    text: [
      ...results.map((result) => describe(name, result, flags.by !== undefined)),
      ...(written.length === 0 ? [] : [`written: ${written.join(", ")}`]),
    ].join("\n\n"),
    json: { data, seed, results: results.map(({ rows: _, ...result }) => result) },
  };
}

async function fromFolder(
  data: string,
  flags: QuantifyFlags,
  seed: number,
  measures: readonly QuantifyMeasure[] | undefined,
): Promise<Quantified[]> {
  const chosen = names(flags.modalities);
  const folds = flags.folds === "own" ? "own" : whole("--folds", flags.folds, 2);
  const nulls = whole("--nulls", flags.nulls, 1);
  const { splits } = await openData(data, chosen === undefined ? undefined : chosen.flatMap((name) => name.split("+")));
  const { dataset, own } = pooled(splits);
  const results: Quantified[] = [];
  const pairs = sourcePairs(chosen, Object.keys(dataset.modalities));
  for (const [at, pair] of pairs.entries()) {
    const label = pair.map(({ name }) => name).join(" and ");
    const result = await quantifyFeatures(joinSources(dataset, pair), {
      seed,
      nulls,
      folds: folds === "own" ? [own] : folds,
      ...(measures === undefined ? {} : { measures }),
      project: flags.project === true,
      onProgress: (what, share) => {
        const done = `${Math.round((100 * (at + share)) / pairs.length)} %`;
        if (flags.quiet !== true) note(`${done.padStart(5)}  ${label}: ${what}`);
      },
    });
    for (const warning of result.warnings) note(`warning: ${warning}`);
    results.push(result);
  }
  return results;
}

async function fromTable(
  file: string,
  flags: QuantifyFlags,
  seed: number,
  measures: readonly QuantifyMeasure[] | undefined,
): Promise<Quantified[]> {
  const csv = readCsv(await disk(path.dirname(file)).read(path.basename(file)), file);
  const others = csv.columns.filter((column) => !ASIDE.includes(column));
  const target = ["label", "y"].find((name) => others.includes(name)) ?? others.at(-1)!;
  const known = others.filter((column) => column !== target);
  const texts = (column: string): string[] => {
    const values = csvTexts(csv, column);
    values.forEach((value, row) => {
      const fault =
        value === "" || /^nan$/i.test(value) ? "empty" : /^[+-]?\d*\.\d*[1-9]\d*$/.test(value) ? "fraction" : "";
      if (fault === "") return;
      const shown = fault === "empty" ? `is ${value === "" ? "empty" : value}` : `is ${value}, a fraction`;
      const advice =
        fault === "empty"
          ? "Fill it in, or take the row out."
          : "A table is counted by symbols: whole numbers or texts. Round to a few levels, or put measurements into a data folder as features.";
      throw configError(`${file}: line ${csv.lines[row]}, column ${column} ${shown}. ${advice}`, { column, row });
    });
    return values;
  };
  const column = (parts: readonly string[]): string[] => {
    const all = parts.map(texts);
    return all[0]!.map((_, i) => all.map((values) => values[i]!).join(" "));
  };
  const ids = csv.columns.includes("id") ? csvTexts(csv, "id") : undefined;
  const repeated = ids?.find((id, i) => ids.indexOf(id) !== i);
  if (repeated !== undefined) {
    throw configError(`${file}: the id "${repeated}" occurs twice; ids name one sample each. Make them differ.`, {
      id: repeated,
    });
  }
  const labels = texts(target);
  return sourcePairs(names(flags.modalities), known).map(([first, second]) => {
    if (flags.quiet !== true) note(`${first.name} and ${second.name}: counting ${count(labels.length, "row")}`);
    const result = quantifyTable(
      {
        sources: [first.name, second.name],
        target,
        first: column(first.parts),
        second: column(second.parts),
        labels,
        ...(ids === undefined ? {} : { ids }),
      },
      { seed, ...(measures === undefined ? {} : { measures }) },
    );
    for (const warning of result.warnings) note(`warning: ${warning}`);
    return result;
  });
}

/** One result as tables and sentences. */
function describe(name: string, result: Quantified, byClass: boolean): string {
  const { sources, samples, classes, entropy, informations, measures, findings, types, target } = result;
  const amount = (label: string, { value, lower, upper, null95 }: Amount): string[] => [
    label,
    bits(value),
    bits(lower),
    bits(upper),
    bits(null95),
  ];
  const rows = [
    ["bits", "value", "low", "high", "null 95 %"],
    amount(`I(${sources[0]}; ${target})`, informations.I1),
    amount(`I(${sources[1]}; ${target})`, informations.I2),
    amount(`I(both; ${target})`, informations.I12),
    ...measures.flatMap(({ measure, atoms }) => ATOMS.map((atom) => amount(`${measure} ${atom}`, atoms[atom]))),
  ];
  const shares = Object.entries(types).map(([type, share]) => `${type} ${(100 * share!).toFixed(0)} %`);
  const means = [
    ["class", "samples", "I1", "I2", "I12", "R", "U1", "U2", "S"],
    ...result.byClass.map((own) => [
      own.name,
      String(own.samples),
      ...[own.I1, own.I2, own.I12, own.R, own.U1, own.U2, own.S].map(bits),
    ]),
  ];
  return [
    `${name}  ${sources.join(" and ")}: ${count(samples, "sample")}, ${count(classes.length, "class")}, H(${target}) = ${bits(entropy)} bit`,
    table(rows),
    `samples by type (pmin): ${shares.join(", ")}`,
    ...(byClass ? [table(means)] : []),
    ...findings,
    ...measures.flatMap(({ measure, notes }) => notes.map((text) => `note (${measure}): ${text}`)),
  ].join("\n");
}

function measuresOf(text: string | undefined): readonly QuantifyMeasure[] | undefined {
  const given = names(text);
  return given?.map((name) => {
    const known = QUANTIFY_MEASURES.find((measure) => measure === name);
    if (known === undefined) throw configError(`--measure: "${name}" is not known${hint(name, QUANTIFY_MEASURES)}`);
    return known;
  });
}

function whole(flag: string, text: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least) {
    const also = flag === "--folds" ? ", or own for the data's own split" : "";
    throw configError(`${flag} is "${text}"; a whole number from ${least} is needed${also}.`);
  }
  return value;
}
