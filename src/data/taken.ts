/** @file What of a folder was taken as what, and what was left out: nothing of data is used, or not used, in silence. */
import type { Shape } from "../core/shape.ts";
import { abridged } from "./columns.ts";
import type { TargetKind } from "./dataset.ts";
import type { LeftOut } from "./sources/roles.ts";

export type { LeftOut } from "./sources/roles.ts";

/** What was taken as what. */
export interface Taken {
  /** By name: the files, arrays or columns it is made of, and the shape of one sample. */
  readonly modalities: Readonly<Record<string, { readonly from: string; readonly shape: Shape }>>;
  readonly target: {
    readonly from: string;
    readonly kind: TargetKind;
    /** Of classes, labels or values. */
    readonly names: readonly string[];
    /** How it was read, where that is not plain. */
    readonly note?: string;
  };
  /** The place of each, where there is one. */
  readonly ids?: string;
  readonly groups?: string;
  readonly truth?: string;
  /** What says which sample is in which split. */
  readonly split: string;
  /** How a table was read, where its cells are not separated by commas. */
  readonly form?: string;
  readonly leftOut: readonly LeftOut[];
}

/** What was taken, as rows of a name and its text. */
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
  const what = kind === "classes" ? `${names.length} classes` : `${kind} ${abridged(names, 6)}`;
  return `${what}, ${from}${note === undefined ? "" : ` (${note})`}`;
}

/** Things that were left out for one reason stand together. */
function leftOutText(leftOut: readonly LeftOut[]): string {
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of leftOut) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  return [...byReason].map(([reason, names]) => `${abridged(names, 6)} (${reason})`).join("; ");
}
