/** @file `dmil export`: the model of a run as one file for other programs. */
import { configError, hint } from "../../core/errors.ts";
import { openRun } from "../../runs/open.ts";
import { toOnnx } from "../../train/export.ts";
import { encodeModel, type Fitted } from "../../train/model.ts";
import type { Answer } from "../answer.ts";
import { runFolder, writeFile } from "../open-data.ts";

const writers: Readonly<Record<string, (fitted: Fitted) => Uint8Array>> = { onnx: toOnnx, safetensors: encodeModel };

/** Exports a model in the format that the file's name ends in. */
export async function exportModel(run: string, { out }: { readonly out: string }): Promise<Answer> {
  const ending = /\.([^./\\]+)$/.exec(out)?.[1] ?? "";
  if (!Object.hasOwn(writers, ending)) {
    throw configError(`--out ${out}: a model ends in .onnx or .safetensors${hint(ending, Object.keys(writers))}`, {
      out,
    });
  }
  const { fitted } = await openRun(await runFolder(run));
  const bytes = writers[ending]!(fitted);
  await writeFile(out, bytes);
  return { text: `${out}: ${bytes.length} bytes`, json: { run, out, format: ending, bytes: bytes.length } };
}
