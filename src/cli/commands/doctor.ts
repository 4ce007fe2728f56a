/** @file `dmil doctor`: checks that training works on this machine, on which backend, and how to install what is missing. */
import { createRequire } from "node:module";
import type { DmilError } from "../../core/errors.ts";
import { memoryFolder } from "../../core/folder.ts";
import { interactionMixture } from "../../data/synthetic/mixture.ts";
import { primaryValue } from "../../evaluation/score.ts";
import { findFfmpeg } from "../../node/ffmpeg.ts";
import { machine } from "../../node/machine.ts";
import { type OptionalPackage, tryPackage } from "../../node/optional.ts";
import { installCommand } from "../../node/package-manager.ts";
import { planRun } from "../../runs/plan.ts";
import { startRun } from "../../runs/run.ts";
import { parseSettings } from "../../runs/settings.ts";
import { BACKENDS, type Backend } from "../../runtime/backend.ts";
import { loadBackend } from "../../runtime/load.ts";
import type { Answer } from "../answer.ts";
import { table } from "../text.ts";
import { version } from "../version.ts";

/** The result of the check of one backend. */
interface Finding {
  readonly backend: Backend["name"];
  readonly works: boolean;
  readonly version?: string;
  readonly detail: string;
}

/** What to do if a backend cannot be used. */
function remedy(backend: Backend["name"]): string {
  const require = createRequire(import.meta.url);
  const name = `onnxruntime-${backend === "native" ? "node" : "web"}`;
  try {
    require.resolve(`${name}/package.json`);
  } catch {
    const command = `Install it: ${installCommand(import.meta.dirname)}`;
    return backend === "native"
      ? `${command} (it is faster than wasm; its install script, which needs more than the package registry, is not required). Until then training runs on wasm.`
      : `${command} (it is a dependency of dmil, so the installation is damaged).`;
  }
  return backend === "native"
    ? `onnxruntime-node is installed but does not load on ${process.platform} ${process.arch}; training runs on wasm.`
    : "onnxruntime-web is installed but does not load. Please report this.";
}

/** Trains a small model on each backend and reports the result. */
export async function doctor(): Promise<Answer> {
  const facts = machine();
  const findings: Finding[] = [];
  for (const name of BACKENDS) findings.push(await tryBackend(name));
  const chosen = findings.find(({ works }) => works);
  const [major = 0, minor = 0] = facts.node.split(".").map(Number);
  const nodeFits = major > 20 || (major === 20 && minor >= 19);
  const rows = [
    ["dmil", version(), ""],
    ["node", facts.node, nodeFits ? "ok" : "too old: 20.19 or newer is needed"],
    ["platform", facts.platform, ""],
    ["processor", facts.cpu, `${facts.cores} cores, ${facts.memoryGiB} GiB memory`],
    ...findings.map(({ backend, version: installed = "", works, detail }) => [
      backend,
      installed,
      works ? `ok: ${detail}` : detail,
    ]),
    ["threads", "auto", `1 for small models, 2 for large ones; set --threads 1 to ${facts.cores}`],
  ];
  const raw = await rawData();
  rows.push(...raw.map(({ name, version: installed = "", detail }) => [name, installed, detail]));
  const verdict = chosen === undefined ? "training does not work here" : `training works on ${chosen.backend}`;
  return {
    text: `${table(rows)}\n${verdict}`,
    json: { dmil: version(), ...facts, nodeFits, backends: findings, rawData: raw, chosen: chosen?.backend ?? null },
    failed: chosen === undefined || !nodeFits,
  };
}

/** Trains a small model on a mixture that is easy to classify, so accuracy must be far above chance. */
async function tryBackend(name: Backend["name"]): Promise<Finding> {
  let installed: string | undefined;
  try {
    const backend = await loadBackend(name);
    installed = backend.version;
    const data = interactionMixture({
      classes: 2,
      noise: 0.1,
      shares: { redundant: 1, unique: 0, synergistic: 0 },
      samples: { train: 256, validation: 64, test: 64 },
      seed: 0,
      features: 8,
    });
    const settings = { data: "toy", method: "joint", epochs: { whole: 5 }, learningRate: 0.01, batchSize: 32 };
    const started = performance.now();
    const plan = planRun(parseSettings({ ...settings, backend: name }), data.train);
    const { result } = await startRun(memoryFolder(), plan, data);
    const milliseconds = Math.round(performance.now() - started);
    const accuracy = primaryValue(result.validation);
    const detail = `a small run reached accuracy ${accuracy.toFixed(2)} in ${milliseconds} ms`;
    return accuracy > 0.8
      ? { backend: name, works: true, version: installed, detail }
      : {
          backend: name,
          works: false,
          version: installed,
          detail: `wrong results: ${detail}, but more than 0.8 is expected. Please report this.`,
        };
  } catch (error) {
    const { message, fields } = error as DmilError;
    const reason = fields?.reason === undefined ? message.split("\n")[0]! : `cannot be loaded: ${fields.reason}.`;
    const version = installed === undefined ? {} : { version: installed };
    return { backend: name, works: false, ...version, detail: `${reason} ${remedy(name)}` };
  }
}

/** What reads one kind of raw data. */
interface RawReader {
  readonly name: string;
  readonly works: boolean;
  readonly version?: string;
  readonly detail: string;
}

/** Packages that read raw data, for what, and what is left without them. */
const PACKAGES: readonly (readonly [OptionalPackage, string, string])[] = [
  ["sharp", "reads pictures", "@jsquash/jpeg and pngjs, where installed, read JPEG and PNG"],
  ["h5wasm", "reads HDF5", "HDF5 and .csd files are not read"],
];

/** What is there to read sound, video, pictures and HDF5; training on arrays needs none of it. */
async function rawData(): Promise<RawReader[]> {
  const ffmpeg = await findFfmpeg().catch(() => undefined);
  const soxr =
    ffmpeg?.soxr === true ? "resamples by soxr" : "has no soxr, so resampled sound differs a little from librosa's";
  const sound: RawReader =
    ffmpeg === undefined
      ? {
          name: "ffmpeg",
          works: false,
          detail: "not installed: of sound and video only .wav is read (apt install ffmpeg, brew install ffmpeg)",
        }
      : { name: "ffmpeg", works: true, version: ffmpeg.version, detail: `ok: reads sound and video, ${soxr}` };
  const packages = PACKAGES.map(async ([name, purpose, without]): Promise<RawReader> => {
    const loaded = await tryPackage(name);
    if (!("missing" in loaded)) return { name, works: true, detail: `ok: ${purpose}` };
    return { name, works: false, detail: `${loaded.missing}: ${without} (npm install ${name})` };
  });
  return [sound, ...(await Promise.all(packages))];
}
