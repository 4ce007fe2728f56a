/** @file `compare`: compares the methods of sweeps, with paired tests, ranks, and what the folders of the runs hold besides. */
import { checkOptions } from "../core/keys.ts";
import type { Environment } from "../runs/record.ts";
import { type CompareOptions, type Comparison, compareRuns } from "./compare/compare.ts";
import { mergeSweeps, type Sweep } from "./compare/read.ts";
import { mixedEnvironments, readTrace, type Trace, unreadNotes } from "./compare/trace.ts";
import type { SweepEntry } from "./entry.ts";

/** A comparison with its sources. */
export interface ComparedSweeps extends Comparison {
  readonly sweeps: readonly Sweep[];
  /** Each different program and machine of the runs. */
  readonly environments: readonly Environment[];
  /** Training curves and bits of test samples, by run. */
  readonly traces: ReadonlyMap<SweepEntry, Trace>;
  /** The note on files that could not be read, which is also among `notes`; empty if all could. */
  readonly unread: readonly string[];
}

/**
 * Compares the methods of one or more sweeps in each setting (data, kind of split, share of the training samples): means over seeds or
 * splits with 95 % intervals, differences to one method and to the best with paired t-tests (Nadeau and Bengio 2003 where training samples
 * overlap) and Holm's correction, ranks, and the agreement of seeds on the bits of test samples. Failed runs are listed, not hidden.
 * @throws ConfigError for an unknown option, and for a method or metric that no run has.
 * @example
 * const { settings } = await compare(await sweep(experiment), { against: "joint" });
 * for (const { method, rank } of settings[0]!.methods) console.log(method, rank);
 */
export async function compare(
  sweeps: Sweep | readonly Sweep[],
  options: Omit<CompareOptions, "bits"> = {},
): Promise<ComparedSweeps> {
  checkOptions<typeof options>("compare", options, { against: true, metric: true, split: true });
  const all = "label" in sweeps ? [sweeps] : sweeps;
  const { entries, notes } = mergeSweeps(all);
  const traces = new Map<SweepEntry, Trace>();
  const environments: Environment[] = [];
  for (const entry of entries) {
    const { folder, head } = all.find((sweep) => sweep.entries.includes(entry))!;
    const trace = folder === undefined ? { unread: [] } : await readTrace(folder, entry.run);
    traces.set(entry, trace);
    // The environment of the run; where its folder is missing, that of the sweep.
    environments.push({ ...head?.environment, ...trace.environment });
  }
  const comparison = compareRuns(entries, { ...options, bits: (entry) => traces.get(entry)?.bits });
  const unread = unreadNotes([...traces.values()]);
  return {
    ...comparison,
    notes: [...notes, ...mixedEnvironments(environments), ...unread, ...comparison.notes],
    sweeps: all,
    environments: [...new Map(environments.map((own) => [environmentLine(own), own])).values()],
    traces,
    unread,
  };
}

/** `dmil 0.1.0, node 20.19.0, cpu ..., code 12ab...`. */
export function environmentLine(environment: Environment): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
