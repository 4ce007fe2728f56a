/** @file Reads the files that settings of encoders name, before a run is planned, and adds to the settings what the files and the data decide. */
import { configError, DmilError, runError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import { checkOptions } from "../core/keys.ts";
import type { OptionIssue } from "../core/options.ts";
import { ownValue } from "../core/record.ts";
import type { Dataset } from "../data/dataset.ts";
import { type EncoderSettings, encoderIssues, encoderTypes, frozenModelOf, settingsOf } from "../encoders/index.ts";
import type { BackendName } from "../runtime/backend.ts";
import { loadBackend } from "../runtime/load.ts";
import { type Frozen, type FrozenOptions, frozenFiles } from "./frozen.ts";
import { inspect, type Wanted } from "./inspect.ts";

/** The settings that matter here; all others are kept. */
export interface WithEncoders {
  readonly modalities?: readonly string[] | undefined;
  readonly encoder?: EncoderSettings | undefined;
  readonly encoders?: Readonly<Record<string, EncoderSettings>> | undefined;
}

/** How files are found. */
export interface EncoderSources extends FrozenOptions {
  /** The bytes of a file by the path in the settings. */
  readonly read: (path: string) => Promise<Uint8Array>;
  readonly backend?: BackendName | undefined;
}

/**
 * Settings with the facts of their frozen encoders (`encoders.<modality>.model`), and the files; the settings themselves if none is frozen.
 * @throws ConfigError (`fields.issues`) for a file that cannot be read or does not fit the data; RunError for settings with the facts of
 * another file.
 */
export async function readEncoders<S extends WithEncoders>(
  settings: S,
  train: Pick<Dataset, "modalities" | "present">,
  sources: EncoderSources,
): Promise<{ readonly settings: S; readonly frozen?: Frozen }> {
  checkOptions<EncoderSources>("readEncoders", sources, { read: true, backend: true, cache: true, tell: true });
  const { encoder = {}, encoders = {}, modalities = Object.keys(train.modalities) } = settings;
  const files = new Map<string, Uint8Array>();
  const issues: OptionIssue[] = [];
  const read: Record<string, EncoderSettings> = { ...encoders };
  for (const name of modalities) {
    const own = ownValue(encoders, name);
    const effective = own === undefined ? encoder : settingsOf(encoder, own);
    const type = ownValue(encoderTypes, String(effective.kind ?? "mlp"));
    const path = type?.file === undefined ? undefined : effective[type.file];
    const values = ownValue(train.modalities, name);
    // Invalid settings are reported by those who parse all of them.
    if (encoderIssues(effective).length > 0) continue;
    if (type?.frozen === undefined || typeof path !== "string" || values === undefined) continue;
    try {
      const bytes = await bytesOf(path, sources);
      const row = ownValue(train.present, name)?.indexOf(1) ?? 0;
      const model = frozenModelOf(effective);
      if (model !== undefined && model.sha256 !== (await sha256(bytes))) throw changed(path);
      const backend = await loadBackend(sources.backend ?? "auto");
      const facts = model ?? (await inspect(bytes, effective as Wanted, values, [Math.max(0, row)], backend, path));
      files.set(facts.sha256, bytes);
      read[name] = { ...(own ?? { kind: effective.kind, [type.file!]: path }), model: facts };
    } catch (error) {
      if (!(error instanceof DmilError) || error.code === "InternalError" || error.code === "RunError") throw error;
      const at = own === undefined ? ["encoder"] : ["encoders", name];
      issues.push({ path: [...at, type.file!], message: `${name}: ${error.message}` });
    }
  }
  if (issues.length > 0) throw configError(issues.map(({ message }) => message).join("\n"), { issues });
  if (files.size === 0) return { settings };
  const frozen = frozenFiles(async (hash) => {
    const bytes = files.get(hash);
    if (bytes === undefined) throw runError(`the settings name no file with the SHA-256 ${hash}.`, { sha256: hash });
    return bytes;
  }, sources);
  return { settings: { ...settings, encoders: read }, frozen };
}

async function bytesOf(path: string, { read }: EncoderSources): Promise<Uint8Array> {
  try {
    return await read(path);
  } catch (error) {
    if (!(error instanceof DmilError)) throw error;
    throw configError(`the ONNX file ${path} cannot be read: ${error.message}`, { path });
  }
}

function changed(path: string): DmilError {
  return runError(
    `${path} has changed since the settings were made. Restore it, or remove \`model\` from the settings of the encoder to read it anew.`,
    { path },
  );
}
