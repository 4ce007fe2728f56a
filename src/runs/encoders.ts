/** @file The files of frozen encoders beside a model: `encoders/<SHA-256>.onnx`, so that it can be used without the file that the user gave. */
import { configError, runError } from "../core/errors.ts";
import { type Folder, subfolder } from "../core/folder.ts";
import type { Fitted } from "../evaluation/model.ts";
import { type Descriptions, type Frozen, type FrozenOptions, frozenFiles, frozenModels } from "../features/frozen.ts";

const FOLDER = "encoders";

function fileOf(sha256: string): string {
  return `${FOLDER}/${sha256}.onnx`;
}

/** Keeps the files of frozen encoders in a folder. @throws ConfigError if `frozen` is missing and needed. */
export async function keepEncoders(folder: Folder, encoders: Descriptions, frozen: Frozen | undefined): Promise<void> {
  for (const [name, { sha256 }] of Object.entries(frozenModels(encoders))) {
    if (await folder.exists(fileOf(sha256))) continue;
    if (frozen === undefined) {
      throw configError(
        `the encoder of ${name} is a frozen network, whose file is needed: const { settings, frozen } = await readEncoders(...), then startRun(folder, plan, data, { frozen }).`,
        { modality: name },
      );
    }
    await folder.write(fileOf(sha256), await frozen.read(sha256));
  }
}

/** The files of frozen encoders that a folder keeps; undefined if none of the encoders is frozen. */
export function keptEncoders(
  folder: Folder,
  encoders: Descriptions,
  options: FrozenOptions = {},
): { readonly frozen?: Frozen } {
  const models = Object.values(frozenModels(encoders));
  if (models.length === 0) return {};
  const read = async (sha256: string): Promise<Uint8Array> => {
    if (await folder.exists(fileOf(sha256))) return folder.read(fileOf(sha256));
    throw runError(
      `${folder.label}: ${fileOf(sha256)}, the file of a frozen encoder, is missing. Restore it: a copy of the ONNX file that the model was trained with.`,
      { sha256 },
    );
  };
  return { frozen: frozenFiles(read, options) };
}

/** A model with the files of its frozen encoders, which are read from its folder when they are needed. */
export function withEncoders(fitted: Fitted, folder: Folder, options: FrozenOptions = {}): Fitted {
  return { ...fitted, ...keptEncoders(folder, fitted.method.description.encoders, options) };
}

/** Removes the files of frozen encoders from a folder. */
export async function removeEncoders(folder: Folder): Promise<void> {
  const files = subfolder(folder, FOLDER);
  for (const name of await files.list()) if (name.endsWith(".onnx")) await files.remove(name);
}
