/** @file `dmil bits`: what each modality contributed to predictions that any model made. */
import * as path from "node:path";
import { configError, dataError } from "../../core/errors.ts";
import { foreignBits, readTable, requireTableName, tablePredictions } from "../../interactions/foreign/index.ts";
import { disk } from "../../node/disk.ts";
import { bitsPage } from "../../runs/report/bits-page.ts";
import { encodeTable } from "../../runs/tables.ts";
import { type Answer, note } from "../answer.ts";
import { bitsText } from "../bits-text.ts";
import { names } from "../config.ts";
import { bitsOfModel, type ModelBits } from "../model-bits.ts";
import type { ReadingFlags } from "../reading.ts";

export interface BitsFlags extends ReadingFlags {
  readonly logits?: boolean;
  readonly validation?: string;
  readonly onnx?: string;
  readonly data?: string;
  readonly split: "train" | "validation" | "test";
  readonly input?: readonly string[];
  readonly output?: string;
  readonly remove?: string;
  readonly draws?: string;
  readonly folds?: string;
  readonly seed: string;
  readonly out?: string;
  readonly quiet?: boolean;
}

/** Flags that mean something for a table alone, and for a model alone. */
const TABLE = ["validation", "folds"] as const;
const MODEL = ["data", "input", "output", "remove", "draws", "splitSeed", "splitShares", "leaveOut"] as const;

/** The files of a folder that --out names. */
const FILES = { page: "bits.html", csv: "bits.csv", jsonl: "bits.jsonl" } as const;

/** Bits of a table of predictions, or of a model on data. */
export async function bits(predictions: string | undefined, flags: BitsFlags): Promise<Answer> {
  const seed = whole("--seed", flags.seed, 0);
  const input = inputOf(predictions, flags);
  const { out, onnx } = flags;
  if (out !== undefined) requireOther(input, out);
  const found = onnx === undefined ? await ofTable(input, flags, seed) : await bitsOfModel(onnx, flags, seed);
  const { report, taken, removals } = found;
  if (flags.quiet !== true) for (const line of taken) note(line);
  const name = path.basename(input);
  const written = out === undefined ? [] : await write(out, name, found);
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
      ...(found.removed !== undefined && { removed: found.removed }),
      ...(written.length > 0 && { written }),
    },
  };
}

/** The file that is read. @throws ConfigError for none, two, or flags of the other kind. */
function inputOf(predictions: string | undefined, flags: BitsFlags): string {
  const { onnx, data } = flags;
  if (predictions !== undefined && onnx !== undefined) {
    throw configError(`bits: a table (${predictions}) and a model (--onnx ${onnx}) were given; give one of them.`);
  }
  const input = predictions ?? onnx;
  if (input === undefined) {
    throw configError(
      "bits: nothing to read; give a table of predictions, as in dmil bits predictions.csv, or a model and data: --onnx model.onnx --data DIR.",
    );
  }
  if (input.trim() === "") throw configError("bits: the name of the table is empty; a path is needed.");
  const others = onnx === undefined ? MODEL : TABLE;
  const unused = others.find((flag) => flags[flag] !== undefined);
  if (unused !== undefined) {
    const flag = `--${unused.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw configError(
      onnx === undefined
        ? `${flag} is about a model; a table of predictions has none. Leave it out, or give --onnx.`
        : `${flag} is about a table; a model is calibrated on the validation split of its data. Leave it out.`,
    );
  }
  if (onnx === undefined) requireTableName(input);
  else if (data === undefined)
    throw configError(`--onnx ${onnx}: which data is it to read? Give its folder: --data DIR.`);
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

/** A share where the text is a number, else a column. */
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

/** @throws ConfigError when what is read would be replaced by what is written. */
function requireOther(input: string, out: string): void {
  const own = Object.values(FILES).find((file) => path.resolve(out, file) === path.resolve(input));
  if (own === undefined) return;
  throw configError(
    `--out ${out}: ${own} there is the table that is read, and would be replaced; choose another folder.`,
  );
}

export function whole(flag: string, text: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw configError(`${flag} is "${text}"; a whole number from ${least} is needed.`);
}
