/** @file The version of this package. */
import { VERSION } from "../core/version.ts";

/** The version in package.json. */
export function version(): string {
  return VERSION;
}
