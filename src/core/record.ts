/** @file Look-up of user-defined names in objects, which also inherit properties such as `constructor` and `toString`. */

import { configError } from "./errors.ts";
import { isRecord } from "./keys.ts";

/** The record's own value under a name; never an inherited property. */
export function ownValue<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

/**
 * A copy of settings with the value at a path replaced; missing records on the way are created. `label` starts the message of an error.
 * @throws ConfigError if a value on the way is not a record.
 */
export function withValue(
  settings: Readonly<Record<string, unknown>>,
  path: readonly string[],
  value: unknown,
  label = "",
  parents: readonly string[] = [],
): Record<string, unknown> {
  const [first, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) return { ...settings, [first]: value };
  const { [first]: inner = {} } = Object.hasOwn(settings, first) ? settings : {};
  const names = [...parents, first];
  if (isRecord(inner)) return { ...settings, [first]: withValue(inner, rest, value, label, names) };
  const problem = Array.isArray(inner)
    ? "a list; set the whole list, for example [64, 32]"
    : `${JSON.stringify(inner)}, which has no parts`;
  throw configError(`${label}${names.join(".")} is ${problem}.`);
}
