/** @file Options that several recipes have. Values come as text from flags. */
import * as z from "zod";
import { hint } from "../core/errors.ts";
import { allowing } from "../core/options.ts";
import { LARGEST_SEED } from "../core/random.ts";
import { PRESETS } from "../signal/presets.ts";

/** A number that may be written as text. */
const number = (allowed: string, check: (value: number) => boolean) =>
  z.preprocess(
    (value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value),
    z.number({ error: allowing(allowed) }).refine(check, { error: allowing(allowed) }),
  );

/** A finite number. */
export function numberOption(allowed: string): z.ZodType<number> {
  return number(allowed, Number.isFinite) as z.ZodType<number>;
}

/** A seed, 0 if it is not given. */
export function seedOption(about: string): z.ZodDefault<z.ZodType<number>> {
  const allowed = `a whole number from 0 to ${LARGEST_SEED}, for example 0`;
  return number(allowed, (value) => Number.isSafeInteger(value) && value >= 0)
    .default(0)
    .describe(about) as z.ZodDefault<z.ZodType<number>>;
}

/** A share of the samples, above 0 and below 1. */
export function shareOption(standard: string): z.ZodDefault<z.ZodType<number>> {
  return number(`a share above 0 and below 1, for example ${standard}`, (value) => value > 0 && value < 1).default(
    Number(standard),
  ) as z.ZodDefault<z.ZodType<number>>;
}

/** The name of a spectrogram. */
export function presetOption(standard: string): z.ZodType<string> {
  const names = [...PRESETS.keys()];
  return z
    .enum(names as [string, ...string[]], {
      error: ({ input }) => `unknown spectrogram "${String(input)}"${hint(String(input), names)}`,
    })
    .default(standard)
    .describe(`spectrogram of sound: ${names.join(", ")}`);
}

/** A whole number from `least`. */
export function wholeOption(least: number, standard: number): z.ZodDefault<z.ZodType<number>> {
  return number(
    `a whole number from ${least}, for example ${standard}`,
    (value) => Number.isInteger(value) && value >= least,
  ).default(standard) as z.ZodDefault<z.ZodType<number>>;
}

/** Shares of train, valid and test, as 0.7,0.15,0.15. */
export const sharesOption: z.ZodType<readonly [number, number, number]> = z.preprocess(
  (value) => (typeof value === "string" ? value.split(",").map(Number) : value),
  z.custom<readonly [number, number, number]>(
    (value) => Array.isArray(value) && value.length === 3 && value.every((share) => share > 0 && share < 1),
    { error: allowing("three shares above 0 for train, valid and test, for example 0.7,0.15,0.15") },
  ),
);
