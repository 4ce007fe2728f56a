/** @file The version of this package. */
import { VERSION } from "../core/version.ts";

/** As in package.json. */
export function version(): string {
  return VERSION;
}
