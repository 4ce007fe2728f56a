/** @file Number checks that optimisers and schedules share; each message gives the value found, what is allowed and an example. */
import * as z from "zod";
import { shown } from "../core/keys.ts";

/** A finite number, 0 or more. */
export function notNegative(example: string): z.ZodNumber {
  return numberThat((x) => x >= 0, "a finite number, 0 or more", example);
}

/** A finite number above 0. */
export function positive(example: string): z.ZodNumber {
  return numberThat((x) => x > 0, "a finite number above 0", example);
}

/** A number from 0 to below 1. */
export function fraction(example: string): z.ZodNumber {
  return numberThat((x) => x >= 0 && x < 1, "a number from 0 to below 1", example);
}

/** A whole number from `least` on; above 2^53 - 1 it would not be the one that was written. */
export function whole(least: number, example: string): z.ZodNumber {
  const most = Number.MAX_SAFE_INTEGER;
  return numberThat(
    (x) => Number.isSafeInteger(x) && x >= least,
    (x) =>
      typeof x === "number" && x > most
        ? `a whole number from ${least} to ${most}`
        : `a whole number, ${least} or more`,
    example,
  );
}

function numberThat(
  holds: (x: number) => boolean,
  allowed: string | ((x: unknown) => string),
  example: string,
): z.ZodNumber {
  const error = ({ input }: { readonly input?: unknown }): string => {
    const range = typeof allowed === "string" ? allowed : allowed(input);
    return `${given(input)} given; allowed is ${range}, for example ${example}`;
  };
  return z.number({ error }).refine(holds, { error });
}

/** A wrong value as messages write it. */
export function given(value: unknown): string {
  return value === undefined ? "nothing" : typeof value === "number" ? String(value) : shown(value);
}
