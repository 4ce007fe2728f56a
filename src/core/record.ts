/** @file Names that a user gives as keys: every object already answers to `constructor` and `toString`. */

/** The value under a name, where the record itself has one; never what every object has. */
export function ownValue<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
