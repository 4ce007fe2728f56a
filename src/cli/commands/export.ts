/** @file `dmil export`: writes the model of a run to one file for other programs, with a model card beside it. */
import * as path from "node:path";
import { configError, hint, runError } from "../../core/errors.ts";
import { type Folder, readText } from "../../core/folder.ts";
import { writeSafetensors } from "../../data/formats/safetensors.ts";
import { toOnnx } from "../../evaluation/export.ts";
import { encodeModel, type Fitted } from "../../evaluation/model.ts";
import { disk } from "../../node/disk.ts";
import { isUntouchedCard, modelCard } from "../../runs/card/card.ts";
import { encoderWeights } from "../../runs/encoder-weights.ts";
import { runFiles } from "../../runs/record.ts";
import { type RunResult, readResult } from "../../runs/result.ts";
import type { Answer } from "../answer.ts";
import { aboutUnfinished, openModel, runFolder, writeFile } from "../open-data.ts";

const writers: Readonly<Record<string, (fitted: Fitted, missing: boolean) => Uint8Array | Promise<Uint8Array>>> = {
  onnx: (fitted, missing) => toOnnx(fitted, { missing }),
  safetensors: encodeModel,
};

export interface ExportFlags {
  readonly out: string;
  /** ONNX: add an input with the modalities that a sample has. */
  readonly missing?: boolean;
  /** Write a model card beside the file. */
  readonly card?: boolean;
  /** Write the weights of the encoder of this modality alone, under published names. */
  readonly weightsOf?: string;
  /** Whose names. */
  readonly names?: string;
  /** The member of a pool. */
  readonly member?: string;
}

/** Exports a model; the extension of the file decides the format. */
export async function exportModel(run: string, flags: ExportFlags): Promise<Answer> {
  const { out, missing = false, card = true, weightsOf } = flags;
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
  if (weightsOf !== undefined) return exportWeights(run, weightsOf, ending, flags);
  const lone = (["names", "member"] as const).find((name) => flags[name] !== undefined);
  if (lone !== undefined)
    throw configError(`--${lone} applies to the weights of one encoder: add --weights-of MODALITY.`);
  const opened = await openModel(run);
  const { fitted, record } = opened;
  const unfinished = aboutUnfinished(opened);
  const cardPath = `${out.slice(0, -ending.length)}md`;
  if (card) await requireFree(cardPath);
  const bytes = await writers[ending]!(fitted, missing);
  await writeFile(out, bytes);
  const json = { run, out, format: ending, bytes: bytes.length, ...unfinished.json };
  const text = `${out}: ${bytes.length} bytes`;
  if (!card) return { text: `${text}${unfinished.text}`, json };
  const result = await resultOf(await runFolder(run));
  const about = { fitted, record, result, unfinished: opened.unfinished, file: path.basename(out) };
  await writeFile(cardPath, await modelCard({ ...about, ...(ending === "onnx" && { onnx: { missing } }) }));
  return { text: `${text}; model card: ${cardPath}${unfinished.text}`, json: { ...json, card: cardPath } };
}

/** Exports the weights of one encoder under published names, for PyTorch. */
async function exportWeights(
  run: string,
  modality: string,
  ending: string,
  { out, names, member }: ExportFlags,
): Promise<Answer> {
  if (ending !== "safetensors") {
    throw configError(
      `--weights-of ${modality}: weights are written as .safetensors; --out ${out} ends in .${ending}.`,
    );
  }
  if (member !== undefined && !/^[1-9]\d{0,3}$/.test(member)) {
    throw configError(`--member ${member}: the number of a member is needed, from 1.`);
  }
  const opened = await openModel(run);
  const unfinished = aboutUnfinished(opened);
  const chosen = member === undefined ? undefined : Number(member);
  const weights = encoderWeights(opened.fitted, modality, { names, member: chosen });
  const bytes = writeSafetensors(weights.state, { format: "pt" });
  await writeFile(out, bytes);
  const tensors = Object.keys(weights.state).length;
  return {
    text: `${out}: ${bytes.length} bytes, ${tensors} tensors of the encoder of ${modality}, names of ${weights.names}${unfinished.text}`,
    json: { run, out, modality, names: weights.names, tensors, bytes: bytes.length, ...unfinished.json },
  };
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
