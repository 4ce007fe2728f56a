/** @file Reads from the folder of a run what its manifest entry lacks: the training curve, the environment and the bits of test samples. */
import { DmilError, dataError, listing } from "../../core/errors.ts";
import { type Folder, readText, subfolder } from "../../core/folder.ts";
import { isRecord } from "../../core/keys.ts";
import { type Environment, readRecord, runFiles } from "../../runs/record.ts";
import { readSampleBits, type SampleBits } from "../../runs/sample-bits.ts";

/** One epoch of a training curve: counted over stages, from 1; the accuracy is a share. */
export type CurvePoint = readonly [epoch: number, accuracy: number];

/** The data read from the folder of a run. */
export interface Trace {
  /** Validation accuracy by epoch; left out where the folder has no metrics. */
  readonly curve?: readonly CurvePoint[];
  /** Versions and hardware; left out where the folder has no record. */
  readonly environment?: Environment;
  /** Of the test samples; left out where the folder has none. */
  readonly bits?: SampleBits;
  /** Files of the folder that are there and cannot be read. */
  readonly unread: readonly string[];
}

/**
 * Reads the folder of a run, given by its path in the sweep; the curve is thinned to about `most` points. A file that cannot be read
 * is listed in `unread` and ignored, because metrics come from the manifest.
 */
export async function readTrace(folder: Folder, run: string, most = 40): Promise<Trace> {
  const unread: string[] = [];
  const attempt = async <T>(name: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof DmilError) || error.code === "InternalError") throw error;
      unread.push(`${folder.label}/${run}/${name}`);
      return undefined;
    }
  };
  const curve = await attempt(runFiles.metrics, () => readCurve(folder, run, most));
  const inside = subfolder(folder, run);
  const environment = await attempt(runFiles.record, () => readEnvironment(inside));
  const bits = (await inside.exists(runFiles.bits))
    ? await attempt(runFiles.bits, () => readSampleBits(inside))
    : undefined;
  return {
    ...(curve !== undefined && { curve }),
    ...(environment !== undefined && { environment }),
    ...(bits !== undefined && { bits }),
    unread,
  };
}

/** One note on all files that could not be read. */
export function unreadNotes(traces: readonly Trace[]): string[] {
  const files = traces.flatMap(({ unread }) => unread);
  if (files.length === 0) return [];
  return [
    `${listing(files)}: damaged, not permitted to be read, or written by another version of dmil. Figures come from the manifest and stand; the training curve (${runFiles.metrics}), program and machine (${runFiles.record}) or agreement between seeds (${runFiles.bits}) of these runs are left out.`,
  ];
}

async function readCurve(folder: Folder, run: string, most: number): Promise<CurvePoint[] | undefined> {
  const file = `${run}/${runFiles.metrics}`;
  if (!(await folder.exists(file))) return undefined;
  const lines = (await readText(folder, file)).split("\n");
  // The text after the last line break is empty, or an incomplete line of a killed writer, which is ignored.
  const points = lines.slice(0, -1).flatMap((line, i): CurvePoint[] => {
    const reached = reachedIn(line, `${folder.label}/${file}, line ${i + 1}`);
    return Number.isFinite(reached) ? [[i + 1, reached as number]] : [];
  });
  const every = Math.max(1, Math.ceil(points.length / most));
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

/** The validation accuracy (R2 for values) in a line of the metrics. @throws DataError for a damaged line. */
function reachedIn(line: string, where: string): unknown {
  let epoch: unknown;
  try {
    epoch = JSON.parse(line);
  } catch {} // not JSON: the epoch stays undefined, which is no record
  if (!isRecord(epoch)) throw dataError(`${where}: not an epoch of a training run.`, { where });
  const { validation } = epoch;
  return isRecord(validation) ? (validation.accuracy ?? validation.r2) : undefined;
}

async function readEnvironment(run: Folder): Promise<Environment | undefined> {
  if (!(await run.exists(runFiles.record))) return undefined;
  const { environment, engine } = await readRecord(run);
  return { ...environment, ...(engine !== undefined && { backend: engine.backend, onnxruntime: engine.version }) };
}

/** Facts that may change metrics or times; others, such as the host name, are ignored. */
const MATTERS = ["dmil", "code", "node", "onnxruntime", "backend", "cpu", "cores", "platform"];

/** Notes on runs from different versions or machines. */
export function mixedEnvironments(environments: readonly Environment[]): string[] {
  return MATTERS.flatMap((name) => {
    const counts = new Map<string, number>();
    for (const environment of environments) {
      const value = environment[name];
      if (value !== undefined) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
    }
    if (counts.size < 2) return [];
    const parts = [...counts].map(([value, n]) => `${name === "code" ? value.slice(0, 12) : value} (${n} runs)`);
    return [`${name} is not the same in all runs: ${parts.join(", ")}. Figures may differ for that reason alone.`];
  });
}
