/** @file `dmil quantify`: estimates redundant, unique and synergistic information in data, with its uncertainty. */
import * as path from "node:path";
import { configError, hint } from "../../core/errors.ts";
import { readManifest } from "../../data/manifest.ts";
import { disk } from "../../node/disk.ts";
import {
  FEATURE_MEASURES,
  joinSources,
  pooled,
  type Quantified,
  type QuantifyMeasure,
  quantify as quantifyFeatures,
  quantifyPage,
  quantifyTable,
  sourcePairs,
  TABLE_MEASURES,
  VALUE_MEASURES,
} from "../../quantify/index.ts";
import { encodeTable, tableFormat } from "../../runs/tables.ts";
import { type Answer, note } from "../answer.ts";
import { names } from "../config.ts";
import { openData, printData, writeFile } from "../open-data.ts";
import { quantifiedText } from "../quantified.ts";
import { type ReadingFlags, readingOptions } from "../reading.ts";
import { readSymbols } from "../symbols.ts";
import { count } from "../text.ts";

export interface QuantifyFlags extends ReadingFlags {
  readonly measure?: string;
  readonly label?: string;
  readonly by?: string;
  readonly samples?: string;
  readonly out?: string;
  readonly seed: string;
  readonly folds?: string;
  readonly nulls?: string;
  readonly project?: boolean;
  readonly quiet?: boolean;
}

/** Estimates the information of a data folder, or of a CSV of symbols. */
export async function quantify(data: string, flags: QuantifyFlags): Promise<Answer> {
  const seed = whole("--seed", flags.seed, 0);
  if (flags.by !== undefined && flags.by !== "class") {
    throw configError(`--by ${flags.by} is not known${hint(flags.by, ["class"])}`);
  }
  if (flags.samples !== undefined) tableFormat(flags.samples); // reports a wrong extension before the work is done
  if (flags.out !== undefined && !/\.html?$/.test(flags.out)) {
    throw configError(`--out ${flags.out}: the report is an HTML page; give a name that ends in .html.`);
  }
  const results = /\.csv$/i.test(data) ? await fromTable(data, flags, seed) : await fromFolder(data, flags, seed);
  for (const { sources, warnings } of results) {
    for (const warning of warnings) note(`warning (${sources.join(" and ")}): ${warning}`);
  }
  const name = path.basename(path.resolve(data));
  if (flags.samples !== undefined) {
    const rows = results.flatMap(({ sources, rows: pairRows }) =>
      results.length === 1 ? pairRows : pairRows.map((row) => ({ first: sources[0], second: sources[1], ...row })),
    );
    await writeFile(flags.samples, encodeTable(rows, flags.samples));
  }
  if (flags.out !== undefined) await writeFile(flags.out, quantifyPage(`Interactions in ${name}`, results));
  const written = [flags.samples, flags.out].filter((file) => file !== undefined);
  return {
    text: [
      ...results.map((result) => quantifiedText(name, result, flags.by !== undefined)),
      ...(written.length === 0 ? [] : [`written: ${written.join(", ")}`]),
    ].join("\n\n"),
    json: { data, seed, results: results.map(({ rows: _, ...result }) => result) },
  };
}

async function fromFolder(data: string, flags: QuantifyFlags, seed: number): Promise<Quantified[]> {
  const chosen = names(flags.modalities);
  const folds = flags.folds === "own" ? "own" : whole("--folds", flags.folds ?? "5", 2);
  const nulls = whole("--nulls", flags.nulls ?? "1", 1);
  measuresOf(flags.measure, [...FEATURE_MEASURES, ...VALUE_MEASURES], "a folder of features");
  const project = flags.project === true;
  if (project && names(flags.measure)?.includes("lsmi") !== true) {
    throw configError("--project shifts the scores of lsmi, which is not one of the measures; add --measure lsmi.");
  }
  const parts = chosen?.flatMap((name) => name.split("+"));
  const { label, ...others } = flags;
  // If dataset.json names several labels or values, the flag selects one of them later; otherwise it names the column to read.
  const { target } = await readManifest(disk(data));
  const several = target !== undefined && target.kind !== "multiclass";
  const reading = readingOptions({ ...others, ...(label !== undefined && !several && { label }) });
  const options = { ...reading, ...(parts !== undefined && { modalities: parts }) };
  const loaded = await openData(data, options);
  printData(loaded, flags.quiet === true);
  const { splits } = loaded;
  const numbers = splits.train.target.kind === "regression";
  const measures = numbers
    ? measuresOf(flags.measure, VALUE_MEASURES, "values")
    : measuresOf(flags.measure, FEATURE_MEASURES, "classes of features");
  if (measures?.some((measure) => measure === "gaussian")) {
    const unused = (["folds", "samples"] as const).find((flag) => flags[flag] !== undefined);
    if (unused !== undefined) {
      const why = unused === "folds" ? "trains no classifiers" : "gives no values for single samples";
      throw configError(`--${unused}: the measure gaussian ${why}; remove --${unused}, or use mmi.`);
    }
  }
  if (numbers && flags.by !== undefined) throw configError("--by class: values have no classes. Remove --by.");
  const { dataset, own } = pooled(splits);
  const results: Quantified[] = [];
  const pairs = sourcePairs(chosen, Object.keys(dataset.modalities));
  for (const [at, pair] of pairs.entries()) {
    const about = pair.map(({ name }) => name).join(" and ");
    const result = await quantifyFeatures(joinSources(dataset, pair), {
      seed,
      nulls,
      folds: folds === "own" ? [own] : folds,
      ownSplit: own,
      ...(measures === undefined ? {} : { measures }),
      ...(label !== undefined && several && { target: label }),
      project,
      onProgress: (what, share) => {
        const done = `${Math.round((100 * (at + share)) / pairs.length)} %`;
        if (flags.quiet !== true) note(`${done.padStart(5)}  ${about}: ${what}`);
      },
    });
    results.push(result);
  }
  return results;
}

async function fromTable(file: string, flags: QuantifyFlags, seed: number): Promise<Quantified[]> {
  const unused = (["folds", "nulls", "project"] as const).find((flag) => flags[flag] !== undefined);
  if (unused !== undefined) {
    throw configError(`--${unused} applies to classifiers of features; for a CSV of symbols, remove it.`);
  }
  const measures = measuresOf(flags.measure, TABLE_MEASURES, "a CSV of symbols");
  const { known: available, target, labels, ids, column, form } = await readSymbols(file, flags.label);
  if (form !== undefined && flags.quiet !== true) note(`${file}: read as a table ${form}`);
  return sourcePairs(names(flags.modalities), available).map(([first, second]) => {
    if (flags.quiet !== true) note(`${first.name} and ${second.name}: counting ${count(labels.length, "row")}`);
    return quantifyTable(
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
  });
}

/** The named measures. @throws ConfigError for one that is not allowed for this kind of data, and for one named twice. */
function measuresOf<T extends QuantifyMeasure>(
  text: string | undefined,
  allowed: readonly T[],
  data: string,
): readonly T[] | undefined {
  const listed = names(text, "--measure");
  return listed?.map((name, i) => {
    const measure = allowed.find((candidate) => candidate === name);
    if (measure === undefined) {
      throw configError(`--measure: "${name}" is not a measure for ${data}${hint(name, allowed)}`);
    }
    if (listed.indexOf(name) !== i) throw configError(`--measure: "${name}" is named twice; name it once.`);
    return measure;
  });
}

function whole(flag: string, text: string, min: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min) {
    const also = flag === "--folds" ? ", or own for the split of the data" : "";
    throw configError(`${flag} is "${text}"; a whole number from ${min} is needed${also}.`);
  }
  return value;
}
