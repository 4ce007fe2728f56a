/** @file The files of published weights that the settings of encoders name: they are read before the method is built. */
import { DmilError, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { ownValue } from "../core/record.ts";
import { readWeights, type Weights } from "../data/formats/weights.ts";
import type { EncoderSettings, WeightFiles } from "../encoders/index.ts";
import type { WeightsRecord } from "../nn/module.ts";
import type { DataHashes } from "./identity.ts";
import { issuesError } from "./settings.ts";

/** The settings that name files of weights. */
export interface EncodersOfRun {
  readonly encoder: EncoderSettings;
  readonly encoders?: Readonly<Record<string, EncoderSettings>> | undefined;
}

/** Reads a file of weights by the path in the settings. */
export type OpenWeights = (file: string) => Promise<Weights>;

/** Reads files of weights through folders, for example `weightsThrough(disk)`. */
export function weightsThrough(open: (folder: string) => Folder): OpenWeights {
  return (file) => {
    const at = Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\"));
    const folder = at < 0 ? "." : file.slice(0, Math.max(at, 1));
    return readWeights(open(folder), file.slice(at + 1));
  };
}

/** The files that settings name, by modality. */
export function weightsNamed({ encoder, encoders }: EncodersOfRun, modalities: readonly string[]): Map<string, string> {
  return new Map(
    modalities.flatMap((name): [string, string][] => {
      const { weights } = ownValue(encoders, name) ?? encoder;
      return typeof weights === "string" ? [[name, weights]] : [];
    }),
  );
}

/** Reads all files that settings name for some modalities, each once. @throws ConfigError (`fields.issues`) that names the setting. */
export async function readWeightFiles(
  settings: EncodersOfRun,
  modalities: readonly string[],
  open: OpenWeights,
): Promise<WeightFiles> {
  const files = new Map<string, Weights>();
  for (const [modality, file] of weightsNamed(settings, modalities)) {
    if (files.has(file)) continue;
    try {
      files.set(file, await open(file));
    } catch (error) {
      if (!(error instanceof DmilError) || error.code === "InternalError") throw error;
      const own = ownValue(settings.encoders, modality) !== undefined;
      throw issuesError([
        { path: own ? ["encoders", modality, "weights"] : ["encoder", "weights"], message: error.message },
      ]);
    }
  }
  return files;
}

/** @throws RunError if settings name weights of a modality that no encoder starts from. */
export function requireWeights(
  settings: EncodersOfRun & { readonly modalities: readonly string[] },
  weights: Readonly<Record<string, WeightsRecord>> = {},
): void {
  for (const [modality, file] of weightsNamed(settings, settings.modalities)) {
    if (ownValue(weights, modality) !== undefined) continue;
    throw runError(
      `the encoder of ${modality} is to start from ${file}, which was not read. Read it for the plan: planRun(settings, train, await readWeightFiles(settings, modalities, weightsThrough(disk))).`,
      { modality, file },
    );
  }
}

/** Adds the hashes of files of weights, which are part of what a run is made from, as `weights/<modality>`. */
export function withWeightHashes(
  hashes: DataHashes,
  weights: Readonly<Record<string, Pick<WeightsRecord, "sha256">>> = {},
): DataHashes {
  const own = Object.entries(weights).map(([name, { sha256 }]) => [`weights/${name}`, sha256]);
  return own.length === 0 ? hashes : { ...hashes, ...Object.fromEntries(own) };
}
