/** @file `dmil bits --onnx`: evaluates any ONNX model on a data folder, with modalities removed in each of three ways. */

import * as path from "node:path";
import { configError, dataError } from "../core/errors.ts";
import { type Dataset, selectModalities, takeRows } from "../data/dataset.ts";
import { hasMissing, presentAt } from "../data/presence.ts";
import { classesOf, labelsOf, requireKind } from "../data/target.ts";
import {
  type Answering,
  answering,
  type ForeignPredictions,
  type ForeignReport,
  foreignBits,
  REMOVALS,
  type Removal,
  removalOf,
  withoutModalities,
} from "../interactions/foreign/index.ts";
import { disk } from "../node/disk.ts";
import { loadBackend } from "../runtime/load.ts";
import { note } from "./answer.ts";
import { names } from "./config.ts";
import { openData, printData } from "./open-data.ts";
import { type ReadingFlags, readingOptions } from "./reading.ts";

/** The flags that apply to a model. */
export interface ModelBitsFlags extends ReadingFlags {
  readonly logits?: boolean;
  readonly data?: string;
  readonly split: "train" | "validation" | "test";
  readonly input?: readonly string[];
  readonly output?: string;
  readonly remove?: string;
  readonly draws?: string;
  readonly quiet?: boolean;
}

/** A report, how its input was interpreted, and for models one report for each way of removal. */
export interface ModelBits {
  readonly report: ForeignReport;
  readonly taken: readonly string[];
  /** The removal that the report is about. */
  readonly removed?: Removal;
  readonly removals?: Readonly<Record<string, ForeignReport>>;
}

/** Evaluates a model. @throws ConfigError and DataError for files, inputs and outputs that do not fit. */
export async function bitsOfModel(file: string, flags: ModelBitsFlags, seed: number): Promise<ModelBits> {
  const removed = removalOf(flags.remove ?? "draws");
  const draws = drawsOf(flags.draws);
  if (draws !== undefined && removed !== "draws") {
    throw configError(`--draws ${draws}: --remove ${removed} uses no draws. Remove --draws, or use --remove draws.`);
  }
  const folder = disk(path.dirname(file));
  if (!(await folder.exists(path.basename(file)))) {
    throw dataError(`there is no file ${file} (in ${process.cwd()}).`, { file });
  }
  const inputs = inputsOf(flags.input ?? []);
  const modalities = names(flags.modalities);
  const loaded = await openData(flags.data!, { ...readingOptions(flags), ...(modalities && { modalities }) });
  printData(loaded, flags.quiet === true);
  const { splits } = loaded;
  requireKind(splits.train, ["multiclass"], "bits");
  const train = completeSamples(splits.train);
  const read = completeSamples(splits[flags.split]);
  const fit = flags.split === "validation" ? undefined : completeSamples(splits.validation);
  const backend = await loadBackend();
  const model = await backend.open(file, { threads: 1 });
  try {
    const wrapped = await answering(model, train.modalities, classesOf(train), {
      inputs,
      ...(flags.output !== undefined && { output: flags.output }),
      ...(flags.logits !== undefined && { logits: flags.logits }),
    });
    const removals: Record<string, ForeignReport> = {};
    for (const remove of REMOVALS) {
      if (flags.quiet !== true) note(`evaluating with removed modalities replaced by ${remove}`);
      const predictions = await predictionsOf(wrapped, train, fit, read, {
        remove,
        seed,
        ...(draws !== undefined && { draws }),
      });
      removals[remove] = foreignBits(predictions, { seed });
    }
    const how = {
      draws: `replaced by values of ${draws ?? 16} random training samples for each sample; probabilities are averaged`,
      means: "replaced by means over the training samples",
      zeros: "replaced by zeros",
    }[removed];
    const report = removals[removed]!;
    return {
      report: { ...report, notes: [...report.notes, removalNote(removals)] },
      taken: [...wrapped.taken, `removed modalities: ${how} (--remove)`],
      removed,
      removals,
    };
  } finally {
    await model.dispose();
  }
}

/** A note whether the largest component is the same for every replacement of removed modalities. */
function removalNote(removals: Readonly<Record<string, ForeignReport>>): string {
  const leaders = Object.entries(removals).map(([how, { bits }]) => {
    const parts = Object.entries(bits).filter(([name]) => name !== "total");
    return [how, parts.reduce((a, b) => (b[1].value > a[1].value ? b : a))[0]] as const;
  });
  const same = new Set(leaders.map(([, name]) => name)).size === 1;
  const finding = same
    ? `The largest component is the same for all three replacements`
    : `The largest component depends on the replacement (${leaders.map(([how, name]) => `${how}: ${name}`).join(", ")})`;
  return `a model that was trained with all modalities is evaluated outside its training distribution when a modality is replaced, and the result depends on the replacement. ${finding}.`;
}

/** Predictions for the validation rows, which are used for calibration, followed by those for the rows of the report. */
async function predictionsOf(
  model: Answering,
  train: Dataset,
  fit: Dataset | undefined,
  read: Dataset,
  options: { readonly remove: Removal; readonly draws?: number; readonly seed: number },
): Promise<ForeignPredictions> {
  const classes = classesOf(train);
  const parts = fit === undefined ? [read] : [fit, read];
  const sets: Record<string, Float64Array[]> = {};
  for (const part of parts) {
    const logProbs = await withoutModalities(model, part.modalities, train.modalities, classes.length, options);
    for (const [name, logs] of Object.entries(logProbs)) sets[name] = [...(sets[name] ?? []), logs];
  }
  const groups = parts.every((part) => part.groups !== undefined) ? parts.flatMap((part) => part.groups!) : undefined;
  return {
    classes,
    sets: Object.fromEntries(
      Object.entries(sets).map(([name, all]) => [name, Float64Array.from(all.flatMap((part) => [...part]))]),
    ),
    ids: parts.flatMap((part) => part.ids),
    labels: Int32Array.from(parts.flatMap((part) => [...labelsOf(part)])),
    ...(groups && { groups }),
    ...(fit && { fitted: Uint8Array.from(parts.flatMap((part) => part.ids.map(() => Number(part === fit)))) }),
  };
}

/** The samples that have all modalities. @throws DataError if there are none. */
function completeSamples(data: Dataset): Dataset {
  const modalities = Object.keys(data.modalities);
  const { present: _, ...all } = selectModalities(data, modalities);
  if (!hasMissing(data, modalities)) return all;
  const rows = [...data.ids.keys()].filter((row) => presentAt(data, row, modalities).length === modalities.length);
  if (rows.length === 0) {
    throw dataError(
      `the ${data.name} data: no sample has all modalities, so the prediction from all modalities cannot be computed.`,
    );
  }
  note(`note: ${data.size - rows.length} samples of the ${data.name} data lack a modality and are ignored`);
  return takeRows(all, rows);
}

function inputsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at > 0 && at < pair.length - 1) return [pair.slice(0, at), pair.slice(at + 1)];
      throw configError(`--input ${pair}: a modality and an input are needed, for example --input audio=input_1`);
    }),
  );
}

function drawsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= 1000) return value;
  throw configError(`--draws is "${text}"; a whole number from 1 to 1000 is needed.`);
}
