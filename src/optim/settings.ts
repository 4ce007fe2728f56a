/** @file Number checks that optimisers and schedules share; each message gives the value found, what is allowed and an example. */
import * as z from "zod";
import { allowing } from "../core/options.ts";

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

/** A whole number from `min` on; above 2^53 - 1 it would not be the one that was written. */
export function whole(min: number, example: string): z.ZodNumber {
  const max = Number.MAX_SAFE_INTEGER;
  return numberThat(
    (x) => Number.isSafeInteger(x) && x >= min,
    (x) =>
      typeof x === "number" && x > max ? `a whole number from ${min} to ${max}` : `a whole number, ${min} or more`,
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
    return allowing(`${range}, for example ${example}`)({ input });
  };
  return z.number({ error }).refine(holds, { error });
}
