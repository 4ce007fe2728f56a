/** @file What a run's own folder adds to its line in the manifest: the training curve, and what computed it. */
import { type Folder, readText } from "../../core/folder.ts";
import type { EpochRecord } from "../../train/events.ts";
import { type Environment, readRecord, runFiles } from "../record.ts";

/** One epoch of a training curve: counted over stages, from 1; the accuracy is a share. */
export type CurvePoint = readonly [epoch: number, accuracy: number];

/** What lies in a run's folder. */
export interface Trace {
  /** Validation accuracy by epoch; left out where the folder has no metrics. */
  readonly curve?: readonly CurvePoint[];
  /** Versions and hardware; left out where the folder has no record. */
  readonly environment?: Environment;
}

/** Reads what a run's folder, given by its path in the sweep's, tells; the curve is thinned to about `most` points. */
export async function readTrace(folder: Folder, run: string, most = 40): Promise<Trace> {
  const [curve, environment] = [await readCurve(folder, run, most), await readEnvironment(folder, run)];
  return { ...(curve !== undefined && { curve }), ...(environment !== undefined && { environment }) };
}

async function readCurve(folder: Folder, run: string, most: number): Promise<CurvePoint[] | undefined> {
  const file = `${run}/${runFiles.metrics}`;
  if (!(await folder.exists(file))) return undefined;
  const lines = (await readText(folder, file)).split("\n").filter((line) => line.trim() !== "");
  const points = lines.flatMap((line, i): CurvePoint[] => {
    try {
      const { validation } = JSON.parse(line) as EpochRecord;
      const reached = validation?.accuracy ?? validation?.r2;
      return reached !== undefined && Number.isFinite(reached) ? [[i + 1, reached]] : [];
    } catch (error) {
      // Half a line of a writer that was killed; the epoch is not told.
      if (error instanceof SyntaxError) return [];
      throw error;
    }
  });
  const every = Math.max(1, Math.ceil(points.length / most));
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

async function readEnvironment(folder: Folder, run: string): Promise<Environment | undefined> {
  if (!(await folder.exists(`${run}/${runFiles.record}`))) return undefined;
  const inside: Pick<Folder, "label" | "exists" | "read"> = {
    label: `${folder.label}/${run}`,
    exists: (name) => folder.exists(`${run}/${name}`),
    read: (name) => folder.read(`${run}/${name}`),
  };
  const { environment, engine } = await readRecord(inside);
  return { ...environment, ...(engine !== undefined && { backend: engine.backend, onnxruntime: engine.version }) };
}

/** Facts that may move figures or times; others (free memory, a host's name) do not. */
const MATTERS = ["dmil", "code", "node", "onnxruntime", "backend", "cpu", "cores", "platform"];

/** Notes on runs that were not made by one program on one machine. */
export function mixedEnvironments(environments: readonly Environment[]): string[] {
  return MATTERS.flatMap((name) => {
    const counts = new Map<string, number>();
    for (const environment of environments) {
      const value = environment[name];
      if (value !== undefined) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
    }
    if (counts.size < 2) return [];
    const told = [...counts].map(([value, n]) => `${name === "code" ? value.slice(0, 12) : value} (${n} runs)`);
    return [`${name} is not the same in all runs: ${told.join(", ")}. Figures may differ for that reason alone.`];
  });
}
