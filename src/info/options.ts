/** @file Checks shared by the functions of this folder: option names, numbers, units. */
import { configError, hint } from "../core/errors.ts";

export { checkKeys } from "../core/keys.ts";

/** Unit of information: bits (log 2) or nats (natural log). */
export type Unit = "bits" | "nats";

/** The unit of a result; bits by default. */
export interface UnitOption {
  readonly unit?: Unit;
}

/** Nats of one bit: divide nats by it to get bits. */
export const NATS_PER_BIT: number = Math.LN2;

/** `nats` in the unit asked for. @throws ConfigError for another unit. */
export function inUnit(nats: number, { unit = "bits" }: UnitOption = {}): number {
  if (unit !== "bits" && unit !== "nats") checkChoice("unit", "unit", unit, ["bits", "nats"]);
  return unit === "nats" ? nats : nats / NATS_PER_BIT;
}

/** `value` when it is one of `allowed`. @throws ConfigError that names the nearest. */
export function checkChoice<T extends string>(where: string, name: string, value: string, allowed: readonly T[]): T {
  if (!(allowed as readonly string[]).includes(value)) {
    throw configError(`${where}: ${name} "${value}" is not known${hint(value, allowed)}`, { [name]: value, allowed });
  }
  return value as T;
}

/** `value` when it is a whole number of at least `min`, and of at most `max`. @throws ConfigError. */
export function checkWhole(
  where: string,
  name: string,
  value: number,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw configError(`${where}: ${name} is ${value}; it must be a whole number ${range}.`, { [name]: value });
  }
  return value;
}

/** `value` when it is finite and above 0. @throws ConfigError. */
export function checkPositive(where: string, name: string, value: number): number {
  if (!Number.isFinite(value) || value <= 0) {
    throw configError(`${where}: ${name} is ${value}; it must be a finite number above 0.`, { [name]: value });
  }
  return value;
}
