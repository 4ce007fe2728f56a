/** @file dataset.json: optional metadata of a folder of data. */
import * as z from "zod";
import { configError } from "../core/errors.ts";
import { type Folder, readText } from "../core/folder.ts";
import { oneOf, parseOptions } from "../core/options.ts";
import type { CeilingPlace } from "./ceiling.ts";
import { requireModalities } from "./dataset.ts";
import { currentKind, kindWords, TARGET_KINDS, type TargetKind } from "./kinds.ts";
import { type ReadOptions, readingSchemas, type SplitRequest } from "./reading.ts";

/** The contents of dataset.json; every key is optional. */
export interface Manifest {
  /**
   * The kind of the target: class numbers [N] ("multiclass", the default; "ordinal" where `names` are in an order), 0 or 1 for each of several labels [N, L] ("multilabel"), or
   * numbers [N, L] ("regression"). The former words "classes", "labels" and "values" are read too. `names` are the names of the classes, labels or values.
   */
  readonly target?: { readonly kind: TargetKind; readonly names?: readonly string[] | undefined } | undefined;
  /** Class names: label k is `classes[k]`. */
  readonly classes?: readonly string[] | undefined;
  /** The arrays that are modalities, in order; for a table also the columns of each, where `mean *` matches all that begin with "mean ". */
  readonly modalities?: readonly string[] | Readonly<Record<string, readonly string[]>> | undefined;
  /** Modalities, columns or arrays to exclude. */
  readonly leaveOut?: readonly string[] | undefined;
  /** The column or array to predict, when it is not called `label` or `labels`; several columns for labels and values. */
  readonly label?: string | readonly string[] | undefined;
  /** How to split data that has no split. */
  readonly split?: SplitRequest | undefined;
  /** Location of the ids: a file in each split folder (.json list, .txt lines, integer .npy), an .npz key, or a CSV column. */
  readonly ids?: string | undefined;
  /** Location of the groups, as for ids. */
  readonly groups?: string | undefined;
  /** Location of the true components of generated data, as for ids. */
  readonly truth?: string | undefined;
  /** Location of the ceiling of generated data (ceiling.ts), and its modalities. */
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
      kind: z.preprocess(currentKind, oneOf(...TARGET_KINDS)),
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

/** dataset.json with the caller's options, which take precedence. */
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

/** The modalities named by the caller, with the columns that dataset.json gives them. */
function chosen({ modalities }: Manifest, selected: readonly string[]): Manifest["modalities"] {
  if (modalities === undefined || isList(modalities)) return selected;
  const declared = Object.keys(modalities);
  requireModalities(selected, declared, "dataset.json, modalities");
  return Object.fromEntries(selected.map((modality) => [modality, modalities[modality]!]));
}

/** Are modalities a list of names, rather than a record of columns? */
export function isList(modalities: NonNullable<Manifest["modalities"]>): modalities is readonly string[] {
  return Array.isArray(modalities);
}

/** Moves class names from `target.names` to `classes`. @throws ConfigError for names in both, or classes with another kind of target. */
function withClasses(manifest: Manifest, where: string): Manifest {
  const { target, classes } = manifest;
  if (target === undefined) return manifest;
  if (classes !== undefined && (target.kind !== "multiclass" || target.names !== undefined)) {
    throw configError(
      `${where}: classes and target are both given, ${target.kind === "multiclass" ? "each with names of the classes" : `though a target of ${kindWords[target.kind].many} has no classes`}; leave classes out.`,
      { where },
    );
  }
  if (target.kind === "ordinal") return { ...manifest, classes: orderedNames(target.names, where) };
  if (target.kind !== "multiclass") return manifest;
  const { target: _, ...rest } = manifest;
  return target.names === undefined ? rest : { ...rest, classes: target.names };
}

/** @throws ConfigError for classes whose order is not given. */
function orderedNames(names: readonly string[] | undefined, where: string): readonly string[] {
  if (names !== undefined && names.length > 1) return names;
  throw configError(
    `${where}: the target is ordinal, so its classes have an order; name them from the lowest to the highest: "target": {"kind": "ordinal", "names": ["mild", "moderate", "severe"]}.`,
    { where },
  );
}
