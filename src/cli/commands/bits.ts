/** @file `dmil bits`: what each modality contributed to the predictions of any model. */
import * as path from "node:path";
import { configError, dataError } from "../../core/errors.ts";
import { foreignBits, readTable, requireTableName, tablePredictions } from "../../interactions/foreign/index.ts";
import { disk } from "../../node/disk.ts";
import { bitsPage } from "../../reports/bits-page.ts";
import { encodeTable } from "../../runs/tables.ts";
import { type Answer, note } from "../answer.ts";
import { bitsText } from "../bits-text.ts";
import { names } from "../config.ts";
import { bitsOfModel, type ModelBits, type ModelBitsFlags } from "../model-bits.ts";

export interface BitsFlags extends ModelBitsFlags {
  readonly validation?: string;
  readonly onnx?: string;
  readonly folds?: string;
  readonly seed: string;
  readonly out?: string;
}

/** Flags that apply only to a table, and only to a model. */
const TABLE = ["validation", "folds"] as const;
const MODEL = ["data", "input", "output", "remove", "draws", "splitSeed", "splitShares", "leaveOut"] as const;

/** The files that are written into the folder of --out. */
const FILES = { page: "bits.html", csv: "bits.csv", jsonl: "bits.jsonl" } as const;

/** Computes the bits of a table of predictions, or of a model on data. */
export async function bits(predictions: string | undefined, flags: BitsFlags): Promise<Answer> {
  const seed = whole("--seed", flags.seed, 0);
  const input = inputOf(predictions, flags);
  const { out, onnx } = flags;
  if (out !== undefined) requireOther(input, out);
  const result = onnx === undefined ? await ofTable(input, flags, seed) : await bitsOfModel(onnx, flags, seed);
  const { report, taken, removals } = result;
  if (flags.quiet !== true) for (const line of taken) note(line);
  const name = path.basename(input);
  const written = out === undefined ? [] : await write(out, name, result);
  const text = [bitsText(name, report, removals), ...(written.length === 0 ? [] : [`written: ${written.join(", ")}`])];
  const { rows: _, ...json } = report;
  return {
    text: text.join("\n\n"),
    json: {
      input,
      seed,
      taken,
      ...json,
      ...(removals && { removals: Object.fromEntries(Object.entries(removals).map(([how, { bits }]) => [how, bits])) }),
      ...(result.removed !== undefined && { removed: result.removed }),
      ...(written.length > 0 && { written }),
    },
  };
}

/** The file to read. @throws ConfigError if none or two are given, and for flags of the other kind of input. */
function inputOf(predictions: string | undefined, flags: BitsFlags): string {
  const { onnx, data } = flags;
  if (predictions !== undefined && onnx !== undefined) {
    throw configError(`bits: a table (${predictions}) and a model (--onnx ${onnx}) were given; give one of them.`);
  }
  const input = predictions ?? onnx;
  if (input === undefined) {
    throw configError(
      "bits: no input is given; give a table of predictions, for example dmil bits predictions.csv, or a model and data: --onnx model.onnx --data DIR.",
    );
  }
  if (input.trim() === "") throw configError("bits: the name of the table is empty; a path is needed.");
  const others = onnx === undefined ? MODEL : TABLE;
  const unused = others.find((flag) => flags[flag] !== undefined);
  if (unused !== undefined) {
    const flag = `--${unused.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw configError(
      onnx === undefined
        ? `${flag} applies to a model, but a table of predictions was given. Remove it, or give a model with --onnx.`
        : `${flag} applies to a table; a model is calibrated on the validation split of its data. Remove it.`,
    );
  }
  if (onnx === undefined) requireTableName(input);
  else if (data === undefined)
    throw configError(`--onnx ${onnx}: the model needs data. Give a data folder: --data DIR.`);
  return input;
}

async function ofTable(file: string, flags: BitsFlags, seed: number): Promise<ModelBits> {
  const folder = disk(path.dirname(file));
  if (!(await folder.exists(path.basename(file)))) {
    throw dataError(`there is no file ${file} (in ${process.cwd()}).`, { file });
  }
  const table = await readTable(await folder.read(path.basename(file)), file);
  const modalities = names(flags.modalities);
  const [label, ...more] = names(flags.label, "--label") ?? [];
  if (more.length > 0)
    throw configError(`--label ${flags.label}: one column is needed; predictions are of one class each.`);
  const { predictions, taken } = tablePredictions(table, {
    seed,
    ...(flags.logits !== undefined && { logits: flags.logits }),
    ...(modalities && { modalities }),
    ...(label !== undefined && { label }),
    ...(flags.group !== undefined && { group: flags.group }),
    ...(flags.validation !== undefined && { validation: shareOr(flags.validation) }),
  });
  const folds = whole("--folds", flags.folds ?? "5", 2);
  return { report: foreignBits(predictions, { seed, folds }), taken };
}

/** A share if the text is a number, otherwise the name of a column. */
function shareOr(text: string): number | string {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) return text;
  if (value > 0 && value < 1) return value;
  throw configError(`--validation ${text}: a share between 0 and 1 is needed, or the name of a column.`);
}

async function write(out: string, name: string, { report, taken, removals }: ModelBits): Promise<string[]> {
  const folder = disk(out);
  const page = bitsPage(report, { title: `Bits of ${name}`, taken, ...(removals && { removals }) });
  await folder.write(FILES.csv, encodeTable(report.rows, FILES.csv));
  await folder.write(FILES.jsonl, encodeTable(report.rows, FILES.jsonl));
  await folder.write(FILES.page, page);
  return Object.values(FILES).map((file) => path.join(out, file));
}

/** @throws ConfigError if the output would replace the input. */
function requireOther(input: string, out: string): void {
  const replaced = Object.values(FILES).find((file) => path.resolve(out, file) === path.resolve(input));
  if (replaced === undefined) return;
  throw configError(
    `--out ${out}: ${replaced} in this folder is the input and would be replaced; choose another folder.`,
  );
}

export function whole(flag: string, text: string, min: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw configError(`${flag} is "${text}"; a whole number from ${min} is needed.`);
}
