/** @file The version of this package. */
import { createRequire } from "node:module";

/** As in package.json. */
export function version(): string {
  const require = createRequire(import.meta.url);
  return (require("../../package.json") as { version: string }).version;
}
