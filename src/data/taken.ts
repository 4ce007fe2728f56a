/** @file Reports how the parts of a folder were interpreted, and what was left out. */

import type { Shape } from "../core/shape.ts";
import { abridged } from "./columns.ts";
import { isClassKind, kindWords, type TargetKind } from "./kinds.ts";
import type { LeftOut } from "./sources/roles.ts";

export type { LeftOut } from "./sources/roles.ts";

/** How the parts of a folder were interpreted. */
export interface Taken {
  /** By modality: its files, arrays or columns, and the shape of one sample. */
  readonly modalities: Readonly<Record<string, { readonly from: string; readonly shape: Shape }>>;
  readonly target: {
    readonly from: string;
    readonly kind: TargetKind;
    /** Names of the classes, labels or values. */
    readonly names: readonly string[];
    /** How it was read, when that is not obvious. */
    readonly note?: string;
  };
  /** Locations of ids, groups and truth; absent where there are none. */
  readonly ids?: string;
  readonly groups?: string;
  readonly truth?: string;
  /** How samples are assigned to splits. */
  readonly split: string;
  /** The format of a table whose cells are not separated by commas. */
  readonly form?: string;
  readonly leftOut: readonly LeftOut[];
}

/** The report as rows of a name and a text. */
export function takenRows({ target, ids, groups, truth, split, form, leftOut }: Taken): [string, string][] {
  return [
    ["target", targetText(target)],
    ...(ids === undefined ? [] : ([["ids", ids]] as [string, string][])),
    ...(groups === undefined ? [] : ([["groups", groups]] as [string, string][])),
    ...(truth === undefined ? [] : ([["truth", truth]] as [string, string][])),
    ["split", split],
    ...(form === undefined ? [] : ([["table", form]] as [string, string][])),
    ["left out", leftOut.length === 0 ? "nothing" : leftOutText(leftOut)],
  ];
}

function targetText({ from, kind, names, note }: Taken["target"]): string {
  const what = isClassKind(kind) ? `${names.length} classes` : `${kindWords[kind].many} ${abridged(names, 6)}`;
  return `${what}, ${from}${note === undefined ? "" : ` (${note})`}`;
}

/** What was left out, grouped by reason. */
function leftOutText(leftOut: readonly LeftOut[]): string {
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of leftOut) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  return [...byReason].map(([reason, names]) => `${abridged(names, 6)} (${reason})`).join("; ");
}
