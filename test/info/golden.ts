/** @file Reference values from outside the checkout; tests that need them skip aloud when they are absent. */
import { existsSync, readFileSync } from "node:fs";

/** Tolerances of a golden entry; 0 stands for "exact to what the file keeps". */
export type Tolerances = Readonly<Record<string, number>>;

/** Values below this are written as 0 in the files, tolerances included. */
export const KEPT = 2e-12;

export interface GoldenPid {
  readonly name: string;
  readonly counts: number[][][];
  readonly entropy: Readonly<Record<string, number>>;
  readonly mi: Readonly<Record<string, number>>;
  readonly broja: { readonly lower: number; readonly upper: number };
  readonly accuracy: Readonly<Record<string, number>>;
  readonly connectedInformation: number;
  readonly pointwise?: number[][];
  readonly mixture?: {
    readonly weights: { R: number; U1: number; U2: number; S: number };
    readonly cue: "both" | "first" | "hidden";
  };
  readonly tolerance: Tolerances;
  readonly [group: string]: unknown;
}

/** The parsed file of that name, or undefined with a warning. */
export function golden<T>(name: string): T | undefined {
  const url = new URL(`../../../shared/golden/${name}`, import.meta.url);
  if (existsSync(url)) return JSON.parse(readFileSync(url, "utf8")) as T;
  console.warn(
    `SKIPPED: ../shared/golden/${name} is absent, so these results are not compared with the reference values.`,
  );
  return undefined;
}

/** The tolerance of a group. */
export function within(entry: GoldenPid, group: string): number {
  return Math.max(KEPT, entry.tolerance[group] ?? 0);
}
