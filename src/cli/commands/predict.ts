/** @file `dmil predict`: predictions for new samples, as a table with one row per sample. */
import { runError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import type { SplitName } from "../../data/dataset.ts";
import { readInputs } from "../../data/inputs.ts";
import { answersOf } from "../../evaluation/answers.ts";
import { predict as predictions } from "../../evaluation/predict.ts";
import { disk } from "../../node/disk.ts";
import { encodeTable, type Row, tableFormat } from "../../runs/tables.ts";
import { targetTypes } from "../../targets/index.ts";
import type { Answer as Predicted } from "../../targets/target.ts";
import { type Answer, note } from "../answer.ts";
import type { CacheFlags } from "../frozen.ts";
import { aboutUnfinished, openModel, writeFile } from "../open-data.ts";
import { count, share, table } from "../text.ts";

export interface PredictFlags extends CacheFlags {
  readonly split: SplitName;
  readonly out?: string;
}

/** Number of samples that are printed without --out. */
const SHOWN = 10;

/** Predicts the samples of a data folder. */
export async function predict(run: string, data: string, { split, out, ...flags }: PredictFlags): Promise<Answer> {
  if (out !== undefined) tableFormat(out); // reports a wrong extension before the work is done
  const opened = await openModel(run, flags);
  const { fitted, record } = opened;
  const { label } = record.config;
  const { inputs, absent, warnings } = await readInputs(disk(data), {
    shapes: fitted.shapes,
    split,
    ...(label !== undefined && { label }),
  });
  for (const warning of warnings) note(`note: ${printable(warning)}`);
  if (absent.length > 0) note(`note: ${data} has no ${absent.join(" and no ")}; predictions are made without.`);
  const backend = record.engine?.backend ?? "auto";
  const answers = answersOf(fitted, await predictions(fitted, inputs, { backend }));
  if (answers.length === 0) throw runError(`${data} has no samples, so there is nothing to predict.`);
  const { probabilistic } = targetTypes[fitted.target.kind];
  const rows = answers.map((answer, i) => rowOf(inputs.ids[i]!, answer, probabilistic));
  const unfinished = aboutUnfinished(opened);
  const facts = { run, data, samples: rows.length, absent, ...unfinished.json };
  if (out !== undefined) {
    await writeFile(out, encodeTable(rows, out));
    const columns = Object.keys(rows[0]!).length;
    return {
      text: `${out}: ${count(rows.length, "sample")}, ${count(columns, "column")}${unfinished.text}`,
      json: { ...facts, out },
    };
  }
  const columns = Object.keys(rows[0]!);
  const cells = rows
    .slice(0, SHOWN)
    .map((row) => columns.map((name) => (typeof row[name] === "number" ? share(row[name]) : String(row[name]))));
  const more = rows.length > SHOWN ? `\n${rows.length - SHOWN} more; --out FILE writes all of them` : "";
  return {
    text: `${run}  ${record.config.method}, ${count(rows.length, "sample")}${unfinished.text}\n${table([columns, ...cells])}${more}`,
    json: { ...facts, predictions: rows },
  };
}

/** One row: the id, the predicted class if there are classes, and the probabilities (`p_<name>`) or values (`<name>`). */
function rowOf(id: string, { label, values }: Predicted, probabilistic: boolean): Row {
  const entries = Object.entries(values).map(([name, value]) => [probabilistic ? `p_${name}` : name, value] as const);
  return { id, ...(label !== undefined && { prediction: label }), ...Object.fromEntries(entries) };
}
