/** @file dataset.json: what a folder of data says about itself, all of it optional. */
import * as z from "zod";
import { configError } from "../core/errors.ts";
import { type Folder, readText } from "../core/folder.ts";
import { oneOf, parseOptions } from "../core/options.ts";
import type { CeilingPlace } from "./ceiling.ts";
import { requireModalities, type TargetKind } from "./dataset.ts";
import { type ReadOptions, readingSchemas, type SplitRequest } from "./reading.ts";

/** What dataset.json may say; all of it is optional. */
export interface Manifest {
  /**
   * What the labels are: class numbers [N] ("classes", if left out), 0 or 1 for each of several labels [N, L] ("labels"), or numbers
   * [N, L] ("values"). `names` are those of the classes, labels or values.
   */
  readonly target?: { readonly kind: TargetKind; readonly names?: readonly string[] | undefined } | undefined;
  /** Class names: label k is `classes[k]`. */
  readonly classes?: readonly string[] | undefined;
  /** Which arrays are modalities, in which order; of a table also the columns of each, where `mean *` is all that begin so. */
  readonly modalities?: readonly string[] | Readonly<Record<string, readonly string[]>> | undefined;
  /** Modalities, columns or arrays that are no features. */
  readonly leaveOut?: readonly string[] | undefined;
  /** The column or array that is to be predicted, where it is not called `label` or `labels`; several columns for labels and values. */
  readonly label?: string | readonly string[] | undefined;
  /** How data without a split of its own is split. */
  readonly split?: SplitRequest | undefined;
  /** Where the ids are: a file of each split folder (.json list, .txt lines, integer .npy), an .npz key, or a CSV column. */
  readonly ids?: string | undefined;
  /** Where the groups are, as for ids. */
  readonly groups?: string | undefined;
  /** Where the true components of generated data are, as for ids. */
  readonly truth?: string | undefined;
  /** Where the ceiling of generated data is (ceiling.ts), and of which modalities. */
  readonly ceiling?: CeilingPlace | undefined;
  /** `nan`: a sample whose numbers of a modality are all NaN (in a CSV also empty) lacks that modality. */
  readonly missing?: "nan" | undefined;
}

const name = z.string().regex(/^[^/\\]+$/, "must be a plain name, without a folder");
const names = z
  .array(z.string().min(1))
  .refine((list) => new Set(list).size === list.length, "names one entry twice; every name must differ");

/** The schema of dataset.json. */
export const manifestSchema: z.ZodType<Manifest> = z.strictObject({
  target: z
    .strictObject({
      kind: oneOf("classes", "labels", "values"),
      names: names.min(1, "needs at least one name").optional(),
    })
    .optional(),
  classes: names.min(2, "needs at least two class names").optional(),
  modalities: z
    .union([
      names.min(1, "needs at least one modality"),
      z
        .record(z.string(), names.min(1, "needs at least one column"))
        .refine((columns) => Object.keys(columns).length > 0, "needs at least one modality"),
    ])
    .optional(),
  ...readingSchemas,
  ids: name.optional(),
  groups: name.optional(),
  truth: name.optional(),
  ceiling: z.strictObject({ array: name, of: names }).optional(),
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
  return withClasses(parseOptions(manifestSchema, value, where), where);
}

/** What dataset.json says, with what the caller says before it. */
export function withOptions(manifest: Manifest, { modalities, leaveOut, label, group, split }: ReadOptions): Manifest {
  return {
    ...manifest,
    ...(modalities !== undefined && { modalities: chosen(manifest, modalities) }),
    ...(leaveOut !== undefined && { leaveOut: [...new Set([...(manifest.leaveOut ?? []), ...leaveOut])] }),
    ...(label !== undefined && { label }),
    ...(group !== undefined && { groups: group }),
    ...(split !== undefined && { split }),
  };
}

/** Modalities by name; those that dataset.json makes of columns keep them. */
function chosen({ modalities }: Manifest, given: readonly string[]): Manifest["modalities"] {
  if (modalities === undefined || isList(modalities)) return given;
  const known = Object.keys(modalities);
  requireModalities(given, known, "dataset.json, modalities");
  return Object.fromEntries(given.map((own) => [own, modalities[own]!]));
}

/** Are modalities a list of names, and not columns by name? */
export function isList(modalities: NonNullable<Manifest["modalities"]>): modalities is readonly string[] {
  return Array.isArray(modalities);
}

/** Names of classes may stand in `classes` or in the target; not in both, and not where the target has none. */
function withClasses(manifest: Manifest, where: string): Manifest {
  const { target, classes } = manifest;
  if (target === undefined) return manifest;
  if (classes !== undefined && (target.kind !== "classes" || target.names !== undefined)) {
    throw configError(
      `${where}: classes and target are both given, ${target.kind === "classes" ? "each with names of the classes" : `though a target of ${target.kind} has no classes`}; leave classes out.`,
      { where },
    );
  }
  if (target.kind !== "classes") return manifest;
  const { target: _, ...rest } = manifest;
  return target.names === undefined ? rest : { ...rest, classes: target.names };
}
