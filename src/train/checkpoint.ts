/** @file Checkpoints: one checksummed file with everything that a run needs to resume bit for bit. */
import { dataError } from "../core/errors.ts";
import type { State } from "../core/tensor.ts";
import { decodeWithChecksum, encodeWithChecksum } from "../evaluation/checksum.ts";
import type { EpochRecord } from "../evaluation/history.ts";
import { decodeFrame, encodeFrame, type Fitted, type Frame, type MethodFrom } from "../evaluation/model.ts";
import { storedPosition, storedValue, withScore } from "../evaluation/stored.ts";
import type { ScheduleState } from "../optim/index.ts";
import type { EpochMetrics } from "../targets/epoch-metrics.ts";

/** Names of the files that training writes. */
export const files = {
  /** The state to resume from; the other two files are written again from it. */
  last: "checkpoints/last.safetensors",
  /** The model of the best epoch, without calibration; written when training ends, also when it fails. */
  best: "checkpoints/best.safetensors",
  metrics: "metrics.jsonl",
} as const;

/** Progress of a run. Plain data. */
export interface Position {
  /** Index of the stage. */
  readonly stage: number;
  /** Finished epochs of the stage. */
  readonly epoch: number;
  /** Finished batches of the current epoch. */
  readonly batch: number;
  /** Finished optimiser steps of the stage. */
  readonly step: number;
  readonly schedule: ScheduleState;
  /** Best epoch of the stage so far; absent before the first epoch has finished. */
  readonly best?: EpochMetrics & { readonly epoch: number };
  /** Sums over the samples of the current epoch; `score` is the sum of `batchScore` (targets/target.ts). */
  readonly sums: { readonly samples: number; readonly score: number; readonly terms: readonly number[] };
  readonly history: readonly EpochRecord[];
  readonly finished: boolean;
  /** Why training cannot be resumed; the checkpoint then holds only the parameters of the best epoch. */
  readonly failed?: string;
}

export interface Checkpoint {
  readonly position: Position;
  /** Identity of the settings and data with which the run was started. */
  readonly identity: string;
  readonly state: State;
  /** Parameters of the stage's best epoch. */
  readonly best: State;
  readonly moments: State;
}

const groups = ["state", "best", "moments"] as const;

/**
 * A checkpoint as bytes. It holds the model of the best epoch so far besides the state to resume from: one file is replaced atomically, so
 * the two always belong together.
 */
export async function encodeCheckpoint(checkpoint: Checkpoint, frame: Frame): Promise<Uint8Array> {
  const { position, identity } = checkpoint;
  const { text, tensors } = encodeFrame(frame);
  const all: Record<string, State[string]> = { ...tensors };
  for (const group of groups)
    for (const [name, value] of Object.entries(checkpoint[group])) all[`${group}/${name}`] = value;
  return encodeWithChecksum(all, { position: JSON.stringify(position), identity, model: text });
}

/** Reads a checkpoint. @throws DataError if it is damaged. */
export async function decodeCheckpoint(bytes: Uint8Array, where: string): Promise<Checkpoint> {
  return (await open(bytes, where)).checkpoint;
}

/** The best model in a checkpoint, not calibrated; undefined before the first epoch has finished. @throws DataError if it is damaged. */
export async function modelInCheckpoint(
  bytes: Uint8Array,
  methodFrom: MethodFrom,
  where: string,
): Promise<{ readonly fitted: Fitted; readonly position: Position } | undefined> {
  const { checkpoint, text, tensors } = await open(bytes, where);
  const { position, best } = checkpoint;
  if (position.history.length === 0) return undefined;
  const frame = decodeFrame(text, tensors, methodFrom, where);
  return { fitted: { ...frame, state: best, history: position.history }, position };
}

async function open(
  bytes: Uint8Array,
  where: string,
): Promise<{ readonly checkpoint: Checkpoint; readonly text: string; readonly tensors: State }> {
  const { state: tensors, metadata } = await decodeWithChecksum(bytes, {
    where,
    advice: "Remove this file, and `dmil resume RUN` trains again from the start with the same settings.",
  });
  const { position, identity, model: text } = metadata;
  if (position === undefined || identity === undefined || text === undefined) {
    throw dataError(`${where}: this is not a checkpoint of a run. Restore the original checkpoint.`, { where });
  }
  const pick = (group: string): State =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, value]) =>
        name.startsWith(`${group}/`) ? [[name.slice(group.length + 1), value]] : [],
      ),
    );
  const [state, best, moments] = [pick("state"), pick("best"), pick("moments")];
  return {
    checkpoint: {
      position: storedValue<Position>(position, storedPosition, where, withScore),
      identity,
      state,
      best,
      moments,
    },
    text,
    tensors,
  };
}
