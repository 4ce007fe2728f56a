/** @file Optional packages: loaded when they are needed first, and an error that says what to install where they are missing. */
import { runError } from "../core/errors.ts";

/** What each optional package exports. */
interface Packages {
  readonly sharp: typeof import("sharp");
  readonly "@jsquash/jpeg": typeof import("@jsquash/jpeg/decode.js");
  readonly pngjs: typeof import("pngjs");
  readonly h5wasm: typeof import("h5wasm/node");
  readonly "apache-arrow": typeof import("apache-arrow");
}

/** Names of optional packages. */
export type OptionalPackage = keyof Packages;

/** How each is imported: by a literal name, which bundlers see. */
const IMPORTS: { readonly [P in OptionalPackage]: () => Promise<Packages[P]> } = {
  sharp: () => import("sharp"),
  "@jsquash/jpeg": () => import("@jsquash/jpeg/decode.js"),
  pngjs: () => import("pngjs"),
  h5wasm: () => import("h5wasm/node"),
  "apache-arrow": () => import("apache-arrow"),
};

/** The package, or why it cannot be loaded. */
export async function tryPackage<P extends OptionalPackage>(
  name: P,
): Promise<Packages[P] | { readonly missing: string }> {
  try {
    return await IMPORTS[name]();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // What is installed but does not load (a binary of another platform) is told in its own words.
    return { missing: code === "ERR_MODULE_NOT_FOUND" ? "it is not installed" : message.split("\n")[0]!.trim() };
  }
}

/** The package. @throws RunError that says what it is needed for and how it is installed. */
export async function requirePackage<P extends OptionalPackage>(name: P, purpose: string): Promise<Packages[P]> {
  const loaded = await tryPackage(name);
  if (!("missing" in loaded)) return loaded;
  throw runError(`${purpose} needs the package ${name}: ${loaded.missing}. Install it: npm install ${name}`, {
    package: name,
  });
}
