/** @file `dmil doctor`: does training work on this machine, on what, and how to get what is missing. */
import { memoryFolder } from "../../core/folder.ts";
import { interactionMixture } from "../../data/synthetic/mixture.ts";
import { machine } from "../../node/machine.ts";
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
const REMEDIES: Readonly<Record<Backend["name"], string>> = {
  native: "get it with: npm install onnxruntime-node (faster; without it training runs on wasm)",
  wasm: "get it with: npm install onnxruntime-web (it comes with dmil, so the installation is damaged)",
};

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
    const { backend } = await loadBackend(name);
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
    const reason = (error as Error).message.split("\n")[0]!;
    const version = found === undefined ? {} : { version: found };
    return { backend: name, works: false, ...version, detail: `${reason} ${REMEDIES[name]}` };
  }
}
