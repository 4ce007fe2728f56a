/** @file One line of a sweep's manifest: what was run, how it ended, what it reached. `dmil sweep` writes them, `dmil compare` reads them. */
import type { RunConfig } from "../plan.ts";

/** Files of a sweep, in its folder; runs are folders beside them. */
export const sweepFiles = {
  /** `SweepHead`: how the sweep was made. */
  head: "sweep.json",
  /** A `SweepEntry` a line, in the order in which runs ended; of lines with one id the last counts. */
  manifest: "manifest.jsonl",
  runs: "runs",
} as const;

/** So many runs a sweep may have: planning more would take hours and gigabytes, and is a slip of the hand. */
export const MOST_RUNS = 1_000_000;

/** How a sweep was made: enough to make it again. */
export interface SweepHead {
  readonly format: "dmil-sweep-1";
  /** As it was typed, without places of this machine. */
  readonly command: string;
  /** The experiment's file as data, or what the flags said. */
  readonly experiment: unknown;
  /** Versions and hardware. */
  readonly environment: Readonly<Record<string, string | number>>;
  readonly started: string;
}

/** One run of a sweep. */
export interface SweepEntry {
  /** SHA-256 of everything that decides the result: settings, data, split, tuning, code. */
  readonly id: string;
  /** The data as tables name it: the folder's name, with modalities where not all are used, as `mfeat fou+kar`. */
  readonly data: string;
  /** Method or variant, as `ogm-ge`. */
  readonly method: string;
  readonly seed: number;
  /** Which split of the data: `own`, `speaker 0` (anew by groups, with that seed), `fold 1/5`, `classes 0` (classes apart). */
  readonly split: string;
  /** Share of the training samples that was used; 1 is all. */
  readonly trainShare: number;
  readonly status: "finished" | "failed";
  /** Why it failed. */
  readonly error?: string;
  /** Folder of the run, in the sweep's. */
  readonly run: string;
  readonly started: string;
  /** Of training, and of a step of its longest stage. */
  readonly seconds: number;
  readonly secondsPerStep?: number;
  /** Largest resident size of the run's process, bytes. */
  readonly peakMemory: number;
  readonly config?: RunConfig;
  /** What tuning tried on validation data, where there was any. */
  readonly tuning?: { readonly trials: number; readonly chosen: Readonly<Record<string, unknown>> };
  readonly scores?: Scores;
}

/** What a finished run reached. Figures go by the names of `metrics.ts`; shares are in [0, 1]. */
export interface Scores {
  readonly samples: { readonly train: number; readonly validation: number; readonly test: number };
  /** By name: accuracy, macroF1, logLoss, calibrationError, synergyRate, ...; the first is what methods are ranked by. */
  readonly validation: Readonly<Record<string, number>>;
  readonly test: Readonly<Record<string, number>>;
  /** Test figure, of the kind of the first, of each modality's own prediction. */
  readonly unimodal: Readonly<Record<string, number>>;
  /** Right as a whole where every modality alone is wrong, and the share that independent guesses would give. */
  readonly synergy?: {
    /** The modalities' own predictions are the model's. */
    readonly slices: { readonly rate: number; readonly chance: number };
    /** They are those of linear probes trained on each modality's representation. */
    readonly probes?: { readonly rate: number; readonly chance: number };
  };
  /** By class of the test split. */
  readonly classes?: readonly {
    readonly name: string;
    readonly samples: number;
    readonly accuracy: number;
    readonly f1: number;
  }[];
  /** With modalities hidden; the first pattern has all. Of labels and values `accuracy` is the figure that methods are ranked by. */
  readonly missing: readonly {
    readonly present: readonly string[];
    readonly samples: number;
    readonly accuracy: number;
  }[];
  /** Mean shares of the gate and mean bits, label-free, by component. */
  readonly gate?: Readonly<Record<string, number>>;
  readonly bits?: Readonly<Record<string, number>>;
  /** Out of distribution: accuracy on unseen classes of a linear probe on frozen representations. */
  readonly probe?: number;
  /** A character a test sample, 1 right and 0 wrong: for paired tests. Left out for targets that are not classes. */
  readonly right?: string;
}
