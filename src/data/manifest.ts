/** @file dataset.json: what a folder of data says about itself, all of it optional. */
import { z } from "zod";
import { configError } from "../core/errors.ts";
import { type Folder, readText } from "../core/folder.ts";
import { parseOptions } from "../core/options.ts";

/** What dataset.json may say; all of it is optional. */
export interface Manifest {
  /** Class names: label k is `classes[k]`. */
  readonly classes?: readonly string[] | undefined;
  /** Which arrays are modalities, in which order. */
  readonly modalities?: readonly string[] | undefined;
  /** Where the ids are: a file of each split folder (.json list, .txt lines, integer .npy), an .npz key, or a CSV column. */
  readonly ids?: string | undefined;
  /** Where the groups are, as for ids. */
  readonly groups?: string | undefined;
  /** Where the true components of generated data are, as for ids. */
  readonly truth?: string | undefined;
  /** `nan`: a sample whose numbers of a modality are all NaN (in a CSV also empty) lacks that modality. */
  readonly missing?: "nan" | undefined;
}

const name = z.string().regex(/^[^/\\]+$/, "must be a plain name, without a folder");
const names = z
  .array(z.string().min(1))
  .refine((list) => new Set(list).size === list.length, "names one entry twice; every name must differ");

/** The schema of dataset.json. */
export const manifestSchema: z.ZodType<Manifest> = z.strictObject({
  classes: names.min(2, "needs at least two class names").optional(),
  modalities: names.min(1, "needs at least one modality").optional(),
  ids: name.optional(),
  groups: name.optional(),
  truth: name.optional(),
  missing: z.literal("nan", { error: 'must be "nan": rows of NaN mean a missing modality' }).optional(),
});

/** dataset.json of a folder; empty when there is none. @throws ConfigError for bad JSON, unknown keys, wrong values. */
export async function readManifest(folder: Folder): Promise<Manifest> {
  if (!(await folder.exists("dataset.json"))) return {};
  const where = `${folder.label}/dataset.json`;
  let value: unknown;
  try {
    value = JSON.parse(await readText(folder, "dataset.json"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw configError(`${where}: not valid JSON (${error.message}); correct it or remove the file.`, { where });
  }
  return parseOptions(manifestSchema, value, where);
}
