/** @file Checkpoints: everything a run needs to go on to the same bits, as one checksummed file. */
import { dataError } from "../core/errors.ts";
import type { State } from "../core/tensor.ts";
import type { ScheduleState } from "../optim/index.ts";
import type { EpochFigures, EpochRecord } from "./events.ts";
import { decodeFrame, encodeFrame, type Fitted, type Frame, type MethodFrom } from "./model.ts";
import { sealState, unsealState } from "./sealed.ts";
import { storedPosition, storedValue } from "./stored.ts";

/** Names of the files training keeps. */
export const files = {
  /** The truth about a run that goes on; the other two are made from it again. */
  last: "checkpoints/last.safetensors",
  /** The best epoch's model as it was trained, without calibration; written when training ends, well or not. */
  best: "checkpoints/best.safetensors",
  metrics: "metrics.jsonl",
} as const;

/** Where a run stands. Plain data. */
export interface Position {
  /** Index of the stage. */
  readonly stage: number;
  /** Epochs finished in it. */
  readonly epoch: number;
  /** Batches done of the epoch under way. */
  readonly batch: number;
  /** Optimiser steps done in the stage. */
  readonly step: number;
  readonly schedule: ScheduleState;
  /** Best epoch of the stage so far; absent before the first. */
  readonly best?: EpochFigures & { readonly epoch: number };
  /** Sums over the samples of the epoch under way; `correct` as judge.ts has it for the target's kind. */
  readonly sums: { readonly samples: number; readonly correct: number; readonly terms: readonly number[] };
  readonly history: readonly EpochRecord[];
  readonly finished: boolean;
  /** Why training cannot go on from here; the checkpoint then holds the best epoch's parameters alone. */
  readonly failed?: string;
}

export interface Checkpoint {
  readonly position: Position;
  /** Identity of the settings and data the run was started with. */
  readonly identity: string;
  readonly state: State;
  /** Parameters of the stage's best epoch. */
  readonly best: State;
  readonly moments: State;
}

const groups = ["state", "best", "moments"] as const;

/**
 * A checkpoint as bytes. It holds a model of the best epoch so far besides what training goes on from, so that one file, replaced whole,
 * is all that can be lost or kept.
 */
export async function encodeCheckpoint(checkpoint: Checkpoint, frame: Frame): Promise<Uint8Array> {
  const { position, identity } = checkpoint;
  const { text, tensors } = encodeFrame(frame);
  const all: Record<string, State[string]> = { ...tensors };
  for (const group of groups)
    for (const [name, value] of Object.entries(checkpoint[group])) all[`${group}/${name}`] = value;
  return sealState(all, { position: JSON.stringify(position), identity, model: text });
}

/** Reads a checkpoint. @throws DataError when it is damaged. */
export async function decodeCheckpoint(bytes: Uint8Array, where: string): Promise<Checkpoint> {
  return (await open(bytes, where)).checkpoint;
}

/** The best model in a checkpoint, not calibrated; undefined before the first epoch was finished. @throws DataError when it is damaged. */
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
  const { state: tensors, metadata } = await unsealState(bytes, {
    where,
    advice: "Remove this file, and `dmil resume RUN` trains anew with the same settings.",
  });
  const { position, identity, model: text } = metadata;
  if (position === undefined || identity === undefined || text === undefined) {
    throw dataError(`${where}: this is not a checkpoint of a run. Bring back the one that was there.`, { where });
  }
  const pick = (group: string): State =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, value]) =>
        name.startsWith(`${group}/`) ? [[name.slice(group.length + 1), value]] : [],
      ),
    );
  const [state, best, moments] = [pick("state"), pick("best"), pick("moments")];
  return {
    checkpoint: { position: storedValue<Position>(position, storedPosition, where), identity, state, best, moments },
    text,
    tensors,
  };
}
