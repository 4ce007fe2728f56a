/** @file Checkpoints: everything a run needs to go on to the same bits, as one checksummed file. */
import { runError } from "../core/errors.ts";
import type { State } from "../core/tensor.ts";
import { readSafetensors, writeSafetensors } from "../data/formats/safetensors.ts";
import type { ScheduleState } from "../optim/index.ts";
import type { EpochFigures, EpochRecord } from "./events.ts";

/** Names of the files a run keeps. */
export const files = {
  last: "checkpoints/last.safetensors",
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

/** SHA-256 as hexadecimal. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A checkpoint as bytes: safetensors whose metadata carries the position and a checksum over numbers and position. */
export async function encodeCheckpoint({ position, identity, ...states }: Checkpoint): Promise<Uint8Array> {
  const all: Record<string, State[string]> = {};
  for (const group of groups)
    for (const [name, value] of Object.entries(states[group])) all[`${group}/${name}`] = value;
  const metadata = { position: JSON.stringify(position), identity };
  return writeSafetensors(all, { ...metadata, checksum: await checksum(all, metadata) });
}

/** Reads a checkpoint. @throws RunError when it is damaged. */
export async function decodeCheckpoint(bytes: Uint8Array, where: string): Promise<Checkpoint> {
  const { state: all, metadata } = readSafetensors(bytes, where);
  const { checksum: stored, position, identity } = metadata;
  if (position === undefined || identity === undefined || stored === undefined) {
    throw runError(`${where}: this is not a checkpoint of a run.`, { where });
  }
  if ((await checksum(all, { position, identity })) !== stored) {
    throw runError(
      `${where}: the checksum does not match; the file was damaged after it was written. Start the run again.`,
      {
        where,
      },
    );
  }
  const pick = (group: string): State =>
    Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) =>
        name.startsWith(`${group}/`) ? [[name.slice(group.length + 1), value]] : [],
      ),
    );
  return {
    position: JSON.parse(position) as Position,
    identity,
    state: pick("state"),
    best: pick("best"),
    moments: pick("moments"),
  };
}

async function checksum(state: State, { position, identity }: { position: string; identity: string }): Promise<string> {
  return sha256(writeSafetensors(state, { position, identity }));
}
