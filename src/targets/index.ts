/** @file The kinds of targets, by name: a new kind is one file and its line here. */
import { configError } from "../core/errors.ts";
import { kindWords, type TargetKind } from "../data/kinds.ts";
import { multiclass } from "./multiclass.ts";
import { multilabel } from "./multilabel.ts";
import { ordinal } from "./ordinal.ts";
import { regression } from "./regression.ts";
import type { TargetType } from "./target.ts";

/** All kinds of targets. */
export const targetTypes: Readonly<Record<TargetKind, TargetType>> = { multiclass, ordinal, multilabel, regression };

/**
 * The label smoothing of a run: the requested one, else that of the method; 0 for values.
 * @throws ConfigError if it is requested for values.
 */
export function smoothingFor(
  { labelSmoothing: standard = 0 }: { readonly labelSmoothing?: number },
  kind: TargetKind,
  requested: number | undefined,
): number {
  const supported = targetTypes[kind].smoothed !== undefined;
  if (!supported && requested !== undefined && requested > 0) {
    const { many } = kindWords[kind];
    const message = `${requested} given, but this data has ${many}: a share of a target is spread over the classes, or over the two answers of a label, and ${many} have neither. Leave it out, or give 0.`;
    throw configError(`labelSmoothing: ${message}`, { issues: [{ path: ["labelSmoothing"], message }] });
  }
  return supported ? (requested ?? standard) : 0;
}
