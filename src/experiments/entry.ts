/** @file The entries of the manifest of a sweep: settings, status and scores of each run. `dmil sweep` writes them, `dmil compare` reads them. */
import type { RunConfig } from "../runs/plan.ts";

/** Files in the folder of a sweep, and the folder of its runs. */
export const sweepFiles = {
  /** A `SweepHead`: how the sweep was made. */
  head: "sweep.json",
  /** One `SweepEntry` per line, in the order in which runs ended; of several lines with the same id, the last is valid. */
  manifest: "manifest.jsonl",
  runs: "runs",
} as const;

/** Maximum number of runs of a sweep. Planning more would take hours and gigabytes, so a larger number is probably a typing error. */
export const MOST_RUNS = 1_000_000;

/** How a sweep was made; enough to repeat it. */
export interface SweepHead {
  readonly format: "dmil-sweep-1";
  /** The command as typed, without absolute paths. */
  readonly command: string;
  /** The experiment, from its file or from flags. */
  readonly experiment: unknown;
  /** Versions and hardware. */
  readonly environment: Readonly<Record<string, string | number>>;
  readonly started: string;
}

/** One run of a sweep. */
export interface SweepEntry {
  /** SHA-256 of everything that determines the result: settings, data, split, tuning, code. */
  readonly id: string;
  /** Name of the data in tables: the folder name, with the modalities if not all are used, for example `mfeat fou+kar`. */
  readonly data: string;
  /** Method or variant, for example `ogm-ge`. */
  readonly method: string;
  readonly seed: number;
  /** The split of the data: `own`, `speaker 0` (by groups, with seed 0), `fold 1/5`, or `classes 0` (some classes left out, seed 0). */
  readonly split: string;
  /** Share of the training samples that was used; 1 means all. */
  readonly trainShare: number;
  readonly status: "finished" | "failed";
  /** Why it failed. */
  readonly error?: string;
  /** Folder of the run, relative to that of the sweep. */
  readonly run: string;
  readonly started: string;
  /** Seconds of training, and of one step of the longest stage. */
  readonly seconds: number;
  readonly secondsPerStep?: number;
  /** Peak resident set size of the process of the run, bytes; only if the run had a process of its own. */
  readonly peakMemory?: number;
  readonly config?: RunConfig;
  /** The number of tuning trials and the changes of the selected trial, if the run was tuned. */
  readonly tuning?: { readonly trials: number; readonly chosen: Readonly<Record<string, unknown>> };
  readonly scores?: Scores;
}

/** The scores of a finished run. Metrics have the names of `metrics.ts`; shares are in [0, 1]. */
export interface Scores {
  readonly samples: { readonly train: number; readonly validation: number; readonly test: number };
  /** Metrics by name: accuracy, macroF1, logLoss, calibrationError, synergyRate, ...; the first is the primary metric. */
  readonly validation: Readonly<Record<string, number>>;
  readonly test: Readonly<Record<string, number>>;
  /** The primary metric on test data of the unimodal prediction of each modality. */
  readonly unimodal: Readonly<Record<string, number>>;
  /** Share of samples that the model predicts correctly and every modality alone wrongly, and the share expected from independent guesses. */
  readonly synergy?: {
    /** With the unimodal predictions of the model. */
    readonly slices: { readonly rate: number; readonly chance: number };
    /** With linear probes trained on the representation of each modality. */
    readonly probes?: { readonly rate: number; readonly chance: number };
  };
  /** Scores of each class of the test split. */
  readonly classes?: readonly {
    readonly name: string;
    readonly samples: number;
    readonly accuracy: number;
    readonly f1: number;
  }[];
  /** The primary metric with modalities hidden; the first pattern has all modalities. `metric` is its name. */
  readonly missing: readonly {
    readonly present: readonly string[];
    readonly samples: number;
    readonly metric: string;
    readonly value: number;
  }[];
  /** Mean gate and mean label-free bits by component. */
  readonly gate?: Readonly<Record<string, number>>;
  readonly bits?: Readonly<Record<string, number>>;
  /** Accuracy of a linear probe on frozen representations for classes that training has not seen. */
  readonly probe?: number;
  /** One character per labelled test sample, 1 correct and 0 wrong, for paired tests. Only for classes. */
  readonly correct?: string;
}
