/** @file `dmil export`: the model of a run as one file for other programs. */
import { configError, hint } from "../../core/errors.ts";
import { toOnnx } from "../../train/export.ts";
import { encodeModel, type Fitted } from "../../train/model.ts";
import type { Answer } from "../answer.ts";
import { aboutUnfinished, openModel, writeFile } from "../open-data.ts";

const writers: Readonly<Record<string, (fitted: Fitted, missing: boolean) => Uint8Array | Promise<Uint8Array>>> = {
  onnx: (fitted, missing) => toOnnx(fitted, { missing }),
  safetensors: encodeModel,
};

export interface ExportFlags {
  readonly out: string;
  /** ONNX: an input that says which modalities a sample has. */
  readonly missing?: boolean;
}

/** Exports a model in the format that the file's name ends in. */
export async function exportModel(run: string, { out, missing = false }: ExportFlags): Promise<Answer> {
  const ending = /\.([^./\\]+)$/.exec(out)?.[1] ?? "";
  if (!Object.hasOwn(writers, ending)) {
    throw configError(`--out ${out}: a model ends in .onnx or .safetensors${hint(ending, Object.keys(writers))}`, {
      out,
    });
  }
  if (missing && ending !== "onnx") {
    throw configError(
      `--missing is about .onnx files; a .safetensors file serves data with missing modalities as it is.`,
    );
  }
  const opened = await openModel(run);
  const unfinished = aboutUnfinished(opened);
  const bytes = await writers[ending]!(opened.fitted, missing);
  await writeFile(out, bytes);
  return {
    text: `${out}: ${bytes.length} bytes${unfinished.text}`,
    json: { run, out, format: ending, bytes: bytes.length, ...unfinished.json },
  };
}
