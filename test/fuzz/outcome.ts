/** @file How an input ended: read, refused with an error of ours, or in a way that is a fault. */
import { DmilError } from "../../src/core/errors.ts";

/** The ends that are counted, in the order of the columns. */
export const ENDS = ["accepted", "refused", "failed"] as const;
export type End = (typeof ENDS)[number];

/** An error that tells a user what is wrong with the input. */
export function isRefusal(error: unknown): error is DmilError {
  return error instanceof DmilError && error.code !== "InternalError" && error.message !== "";
}

/** An input that ended in a fault. */
export interface Fault {
  /** Its number: with the seed it makes the input again. */
  readonly input: number;
  readonly target: string;
  readonly what: string;
}
