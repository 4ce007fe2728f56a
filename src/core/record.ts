/** @file Look-up of user-defined names in objects, which also inherit properties such as `constructor` and `toString`. */

/** The record's own value under a name; never an inherited property. */
export function ownValue<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
