/** @file `dmil export`: writes the model of a run to one file for other programs, with a model card beside it. */
import * as path from "node:path";
import { configError, hint, runError } from "../../core/errors.ts";
import { type Folder, readText } from "../../core/folder.ts";
import { exportOnnx } from "../../evaluation/export.ts";
import { encodeModel, type Fitted } from "../../evaluation/model.ts";
import { disk } from "../../node/disk.ts";
import { isUntouchedCard, modelCard } from "../../runs/card/card.ts";
import { keepEncoders } from "../../runs/encoders.ts";
import { runFiles } from "../../runs/record.ts";
import { type RunResult, readResult } from "../../runs/result.ts";
import type { Answer } from "../answer.ts";
import { aboutUnfinished, openModel, runFolder, writeFile } from "../open-data.ts";
import { goesNowhere } from "../paths.ts";

const writers: Readonly<Record<string, (fitted: Fitted, missing: boolean) => Uint8Array | Promise<Uint8Array>>> = {
  onnx: (fitted, missing) => exportOnnx(fitted, { missing }),
  safetensors: encodeModel,
};

export interface ExportFlags {
  readonly out: string;
  /** ONNX: add an input with the modalities that a sample has. */
  readonly missing?: boolean;
  /** Write a model card beside the file. */
  readonly card?: boolean;
}

/** Exports a model; the extension of the file decides the format. */
export async function exportModel(run: string, { out, missing = false, card = true }: ExportFlags): Promise<Answer> {
  const ending = /\.([^./\\]+)$/.exec(out)?.[1] ?? "";
  if (!Object.hasOwn(writers, ending)) {
    throw configError(`--out ${out}: a model file ends in .onnx or .safetensors${hint(ending, Object.keys(writers))}`, {
      out,
    });
  }
  if (missing && ending !== "onnx") {
    throw configError(
      `--missing applies to .onnx files; a model in a .safetensors file takes data with missing modalities anyway. Remove it.`,
    );
  }
  const opened = await openModel(run);
  const { fitted, record } = opened;
  const unfinished = aboutUnfinished(opened);
  const cardPath = `${out.slice(0, -ending.length)}md`;
  if (card) await requireFree(cardPath);
  const bytes = await writers[ending]!(fitted, missing);
  await writeFile(out, bytes);
  // A model file does not hold the networks of frozen encoders; they are found beside it.
  if (ending === "safetensors" && !goesNowhere(out))
    await keepEncoders(disk(path.dirname(out)), fitted.method.description.encoders, fitted.frozen);
  const json = { run, out, format: ending, bytes: bytes.length, ...unfinished.json };
  const text = `${out}: ${bytes.length} bytes`;
  if (!card) return { text: `${text}${unfinished.text}`, json };
  const result = await resultOf(await runFolder(run));
  const about = { fitted, record, result, unfinished: opened.unfinished, file: path.basename(out) };
  await writeFile(cardPath, await modelCard({ ...about, ...(ending === "onnx" && { onnx: { missing } }) }));
  return { text: `${text}; model card: ${cardPath}${unfinished.text}`, json: { ...json, card: cardPath } };
}

async function resultOf(folder: Folder): Promise<RunResult | undefined> {
  return (await folder.exists(runFiles.result)) ? readResult(folder) : undefined;
}

/** @throws RunError if the path of the card holds another file, or a card that was edited. */
async function requireFree(file: string): Promise<void> {
  const [folder, name] = [disk(path.dirname(file)), path.basename(file)];
  if (!(await folder.exists(name)) || (await isUntouchedCard(await readText(folder, name)))) return;
  throw runError(
    `${file} exists and is not an unchanged model card of dmil, so it is not replaced by the model card. Move it, give another --out, or write no card: --no-card.`,
    { file },
  );
}
