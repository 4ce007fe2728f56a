/**
 * @file The curves of a run for TensorBoard: one event file, written from the metrics when the run ends, also for a resumed run.
 * Source: the TFRecord format, event.proto and summary.proto of TensorFlow.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { type Folder, readText } from "../core/folder.ts";
import type { EpochRecord } from "../evaluation/history.ts";
import { type RunRecord, runFiles } from "./record.ts";

/** Scalars by tag at one time and step (the epoch, counted over all stages from 1). */
export interface EventScalars {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/**
 * Writes the event file of a run from its metrics and record. Metrics have no times, so epochs are spaced evenly between the start and
 * the end of the run. A run without a finished epoch gets no file.
 */
export async function writeEventFile(folder: Folder, record: Pick<RunRecord, "started" | "ended">): Promise<void> {
  if (!(await folder.exists(runFiles.metrics))) return;
  const lines = (await readText(folder, runFiles.metrics)).split("\n").filter((line) => line !== "");
  if (lines.length === 0) return;
  const start = Date.parse(record.started) / 1000;
  const end = Date.parse(record.ended ?? record.started) / 1000;
  const events = lines.map(
    (line, i): EventScalars => ({
      wallTime: start + ((end - start) * (i + 1)) / lines.length,
      step: i + 1,
      scalars: scalarsOf(JSON.parse(line) as EpochRecord),
    }),
  );
  await folder.write(runFiles.events, encodeEvents(start, events));
}

/** The scalars of an epoch by tag; tags of loss terms and learning rate contain the stage, others do not. */
function scalarsOf({ stage, learningRate, train, validation }: EpochRecord): Record<string, number> {
  return {
    ...Object.fromEntries(Object.entries(train.terms).map(([term, value]) => [`train/${stage}/${term}`, value])),
    "train/loss": train.loss,
    ...defined({ "train/accuracy": train.accuracy, "train/r2": train.r2 }),
    ...defined({
      "validation/accuracy": validation.accuracy,
      "validation/log_loss": validation.logLoss,
      "validation/calibrated_log_loss": validation.calibrated,
      "validation/r2": validation.r2,
      "validation/squared_error": validation.squaredError,
    }),
    [`learning_rate/${stage}`]: learningRate,
  };
}

/** The metrics that exist for the kind of target. */
function defined(metrics: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([tag, value]) => (value === undefined ? [] : [[tag, value]])),
  );
}

/** Encodes an event file: its version at time `start` (seconds since 1970), then one event per entry. null becomes NaN. */
export function encodeEvents(start: number, events: readonly EventScalars[]): Uint8Array {
  const version = new BinaryWriter().tag(1, 1).double(start).tag(3, 2).string("brain.Event:2").finish();
  const frames = [version, ...events.map(encodeEvent)].map(framed);
  const bytes = new Uint8Array(frames.reduce((size, frame) => size + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    bytes.set(frame, at);
    at += frame.length;
  }
  return bytes;
}

/** Protobuf wire types: 0 varint, 1 64 bits, 2 length-delimited, 5 32 bits. */
function encodeEvent({ wallTime, step, scalars }: EventScalars): Uint8Array {
  const writer = new BinaryWriter().tag(1, 1).double(wallTime).tag(2, 0).int64(step).tag(5, 2).fork();
  for (const [tag, value] of Object.entries(scalars)) {
    writer
      .tag(1, 2)
      .fork()
      .tag(1, 2)
      .string(tag)
      .tag(2, 5)
      .float(value ?? Number.NaN)
      .join();
  }
  return writer.join().finish();
}

/** A record: length (64 bits), its checksum, the bytes, their checksum; little-endian. */
function framed(data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(data.length + 16);
  const view = new DataView(frame.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(frame.subarray(0, 8)), true);
  frame.set(data, 12);
  view.setUint32(12 + data.length, maskedChecksum(data), true);
  return frame;
}

/** The masked CRC-32C of TFRecord: rotated right by 15 bits, plus a constant. */
export function maskedChecksum(bytes: Uint8Array): number {
  const sum = crc32c(bytes);
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}

/** CRC-32C (Castagnoli, polynomial 0x1edc6f41 with its bits reversed). */
export function crc32c(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}
