/** @file The version of this package, also where no package.json can be read: in a browser, in a bundle. */

/** As in package.json; test/core/version.test.ts compares. */
export const VERSION = "0.1.0";
