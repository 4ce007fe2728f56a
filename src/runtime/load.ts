/** @file Loads a backend by name, or the first one that loads. */
import { configError, hint, runError } from "../core/errors.ts";
import { BACKENDS, type Backend, type BackendName } from "./backend.ts";

const loaders: Readonly<Record<Backend["name"], () => Promise<Backend>>> = {
  native: async () => (await import("./ort.node.ts")).nativeBackend(),
  wasm: async () => (await import("./ort.web.ts")).wasmBackend(),
};

/** Notes that were already printed, so that each is printed once per process. No result depends on it. */
const printed = new Set<string>();

function warnOnce(note: string): void {
  if (!printed.has(note)) console.warn(`dmil: ${note}`);
  printed.add(note);
}

/**
 * Loads a backend. `auto` loads the first of BACKENDS that can be loaded here; for each one that cannot, it passes a note to `tell` (default:
 * prints it to standard error, once per process).
 * @throws RunError if the requested backend, or the last candidate, cannot be loaded.
 */
export async function loadBackend(
  name: BackendName = "auto",
  tell: (note: string) => void = warnOnce,
): Promise<Backend> {
  const names: readonly BackendName[] = ["auto", ...BACKENDS];
  if (!names.includes(name)) throw configError(`backend: unknown word "${name}"${hint(name, names)}`);
  const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  if (name === "native" && !inNode) throw runError("backend native needs Node; in a browser use wasm.");
  if (name !== "auto") return loadFirst([name], tell);
  return loadFirst(inNode ? BACKENDS : ["wasm"], tell);
}

type Candidates = readonly [Backend["name"], ...Backend["name"][]];

async function loadFirst([name, ...others]: Candidates, tell: (note: string) => void): Promise<Backend> {
  try {
    return await loaders[name]();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    const advice = "`npx dmil doctor` says how to get it";
    const [next, ...rest] = others;
    if (next === undefined) {
      const slower = name === "native" ? " Or use backend wasm, which is slower." : "";
      throw runError(`backend ${name} cannot be loaded (${reason}); ${advice}.${slower}`, { reason });
    }
    tell(`the ${name} backend cannot be loaded (${reason}); work goes on with the slower ${next} backend; ${advice}.`);
    return loadFirst([next, ...rest], tell);
  }
}
