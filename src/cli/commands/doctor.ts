/** @file `dmil doctor`: does training work on this machine, on what, and how to get what is missing. */
import { createRequire } from "node:module";
import type { DmilError } from "../../core/errors.ts";
import { memoryFolder } from "../../core/folder.ts";
import { interactionMixture } from "../../data/synthetic/mixture.ts";
import { machine } from "../../node/machine.ts";
import { installCommand } from "../../node/package-manager.ts";
import { planRun } from "../../runs/plan.ts";
import { startRun } from "../../runs/run.ts";
import { parseSettings } from "../../runs/settings.ts";
import { type Backend, loadBackend } from "../../runtime/backend.ts";
import { leading } from "../../train/figures.ts";
import type { Answer } from "../answer.ts";
import { table } from "../text.ts";
import { version } from "../version.ts";

/** What was found of one backend. */
interface Finding {
  readonly backend: Backend["name"];
  readonly works: boolean;
  readonly version?: string;
  readonly detail: string;
}

/** What to do when a backend is missing. */
function remedy(backend: Backend["name"]): string {
  const require = createRequire(import.meta.url);
  const name = `onnxruntime-${backend === "native" ? "node" : "web"}`;
  try {
    require.resolve(`${name}/package.json`);
  } catch {
    const command = `Get it with: ${installCommand(import.meta.dirname)}`;
    return backend === "native"
      ? `${command} (faster; its install script needs more than the package registry, and is not needed). Without it training runs on wasm.`
      : `${command} (it comes with dmil, so the installation is damaged).`;
  }
  return backend === "native"
    ? `onnxruntime-node is installed, but does not load on ${process.platform} ${process.arch}; training runs on wasm.`
    : "onnxruntime-web is installed, but does not load. Please report this.";
}

/** Trains a toy on each backend, and reports. */
export async function doctor(): Promise<Answer> {
  const facts = machine();
  const findings = [await tryBackend("native"), await tryBackend("wasm")];
  const chosen = findings.find(({ works }) => works);
  const [major = 0, minor = 0] = facts.node.split(".").map(Number);
  const nodeFits = major > 20 || (major === 20 && minor >= 19);
  const rows = [
    ["dmil", version(), ""],
    ["node", facts.node, nodeFits ? "ok" : "too old: 20.19 or newer is needed"],
    ["platform", facts.platform, ""],
    ["processor", facts.cpu, `${facts.cores} cores, ${facts.memoryGiB} GiB memory`],
    ...findings.map(({ backend, version: found = "", works, detail }) => [
      backend,
      found,
      works ? `ok: ${detail}` : detail,
    ]),
    ["threads", "auto", `1 for small models, 2 for large ones; set --threads 1 to ${facts.cores}`],
  ];
  const verdict = chosen === undefined ? "training does not work here" : `training works, on ${chosen.backend}`;
  return {
    text: `${table(rows)}\n${verdict}`,
    json: { dmil: version(), ...facts, nodeFits, backends: findings, chosen: chosen?.backend ?? null },
    failed: chosen === undefined || !nodeFits,
  };
}

/** A real run, small: it learns a mixture that it must get right far above chance. */
async function tryBackend(name: Backend["name"]): Promise<Finding> {
  let found: string | undefined;
  try {
    const backend = await loadBackend(name);
    found = backend.version;
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
    const { value: accuracy } = leading(result.validation);
    const detail = `a toy run reached accuracy ${accuracy.toFixed(2)} in ${milliseconds} ms`;
    return accuracy > 0.8
      ? { backend: name, works: true, version: found, detail }
      : {
          backend: name,
          works: false,
          version: found,
          detail: `computes wrongly: ${detail}, 0.8 is the least. Please report this.`,
        };
  } catch (error) {
    const { message, fields } = error as DmilError;
    const reason = fields?.reason === undefined ? message.split("\n")[0]! : `cannot be loaded: ${fields.reason}.`;
    const version = found === undefined ? {} : { version: found };
    return { backend: name, works: false, ...version, detail: `${reason} ${remedy(name)}` };
  }
}
