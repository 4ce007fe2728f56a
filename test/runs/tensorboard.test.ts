/** @file Event files: byte for byte what the tensorboard package writes, and read back by a reader of our own. */
import { readFileSync } from "node:fs";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { expect, test } from "vitest";
import { type Folder, memoryFolder } from "../../src/core/folder.ts";
import { planRun } from "../../src/runs/plan.ts";
import { readRecord, runFiles } from "../../src/runs/record.ts";
import { removeRun, resumeRun, startRun } from "../../src/runs/run.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { crc32c, type EventScalars, encodeEvents, maskedChecksum, writeEventFile } from "../../src/runs/tensorboard.ts";
import { smallEpochs, smallMixture } from "../support/models.ts";

interface Golden {
  readonly start: number;
  readonly events: readonly EventScalars[];
  readonly base64: string;
}
const golden: Golden = JSON.parse(readFileSync(new URL("../golden/tensorboard.json", import.meta.url), "utf8"));

/** Frames of a file with their checksums tested. */
function frames(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = Number(view.getBigUint64(at, true));
    const data = bytes.subarray(at + 12, at + 12 + size);
    expect(view.getUint32(at + 8, true)).toBe(maskedChecksum(bytes.subarray(at, at + 8)));
    expect(view.getUint32(at + 12 + size, true)).toBe(maskedChecksum(data));
    found.push(data);
    at += size + 16;
  }
  return found;
}

function decode(data: Uint8Array): EventScalars & { readonly version?: string } {
  const reader = new BinaryReader(data);
  const found = {
    wallTime: 0,
    step: 0,
    scalars: {} as Record<string, number>,
    version: undefined as string | undefined,
  };
  while (reader.pos < reader.len) {
    const [field] = reader.tag();
    if (field === 1) found.wallTime = reader.double();
    else if (field === 2) found.step = Number(reader.int64());
    else if (field === 3) found.version = reader.string();
    else {
      expect(field).toBe(5);
      const summary = new BinaryReader(reader.bytes());
      while (summary.pos < summary.len) {
        expect(summary.tag()[0]).toBe(1);
        const value = new BinaryReader(summary.bytes());
        expect(value.tag()[0]).toBe(1);
        const tag = value.string();
        expect(value.tag()[0]).toBe(2);
        found.scalars[tag] = value.float();
        expect(value.pos).toBe(value.len);
      }
    }
  }
  const { version, ...event } = found;
  return version === undefined ? event : { ...event, version };
}

test("bytes are those of the tensorboard package", () => {
  expect(Buffer.from(encodeEvents(golden.start, golden.events)).toString("base64")).toBe(golden.base64);
});

test("the checksum is CRC-32C", () => {
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
});

const data = smallMixture();
const settings = {
  data: "mixture",
  batchSize: 32,
  method: "dmil-published",
  epochs: smallEpochs,
  encoder: { hidden: [6] },
  options: { embedding: 4 },
};
const plan = planRun(parseSettings(settings), data.train);

async function eventsOf(folder: Folder): Promise<(EventScalars & { readonly version?: string })[]> {
  return frames(await folder.read(runFiles.events)).map(decode);
}

test("a run leaves every figure of every epoch, at times between its start and its end", async () => {
  const folder = memoryFolder();
  const { fitted, record } = await startRun(folder, plan, data);
  const [head, ...events] = await eventsOf(folder);
  expect(head).toEqual({ version: "brain.Event:2", wallTime: Date.parse(record.started) / 1000, step: 0, scalars: {} });
  expect(events.map(({ step }) => step)).toEqual(fitted.history.map((_, i) => i + 1));
  expect(events.at(-1)!.wallTime).toBe(Date.parse(record.ended!) / 1000);
  for (const [i, { stage, train, validation, learningRate }] of fitted.history.entries()) {
    const wanted: Record<string, number> = {
      "train/loss": train.loss,
      "train/accuracy": train.accuracy!,
      "validation/accuracy": validation.accuracy!,
      "validation/log_loss": validation.logLoss!,
      [`learning_rate/${stage}`]: learningRate,
    };
    for (const [term, value] of Object.entries(train.terms)) wanted[`train/${stage}/${term}`] = value;
    const float = ([tag, value]: [string, number]) => [tag, Math.fround(value)];
    expect(events[i]!.scalars).toEqual(Object.fromEntries(Object.entries(wanted).map(float)));
  }
  await removeRun(folder);
  expect(await folder.list()).toEqual([]);
});

test("a run that was interrupted has the file so far; gone on with, the file of an unbroken one but for its times", async () => {
  const [whole, broken] = [memoryFolder(), memoryFolder()];
  const controller = new AbortController();
  let epochs = 0;
  const stopped = startRun(broken, plan, data, {
    signal: controller.signal,
    onEvent: ({ kind }) => kind === "epoch" && ++epochs === 2 && controller.abort(),
  });
  await expect(stopped).rejects.toThrow(/interrupted/);
  expect((await readRecord(broken)).status).toBe("interrupted");
  expect((await eventsOf(broken)).length).toBeGreaterThanOrEqual(3);
  await resumeRun(broken, data);
  await startRun(whole, plan, data);
  const timeless = async (folder: Folder) => (await eventsOf(folder)).map(({ wallTime: _, ...event }) => event);
  expect(await timeless(broken)).toEqual(await timeless(whole));
});

test("figures that were no numbers are NaN; without an epoch there is no file", async () => {
  const folder = memoryFolder();
  const record = { started: "2026-11-20T10:00:00.000Z" };
  await writeEventFile(folder, record);
  await folder.write(runFiles.metrics, "");
  await writeEventFile(folder, record);
  expect(await folder.exists(runFiles.events)).toBe(false);
  const epoch = { stage: "whole", learningRate: 0.1, train: { loss: null, accuracy: 0.5, terms: {} } };
  await folder.write(runFiles.metrics, `${JSON.stringify({ ...epoch, validation: { accuracy: 1, logLoss: 0 } })}\n`);
  await writeEventFile(folder, record);
  expect((await eventsOf(folder))[1]!.scalars["train/loss"]).toBeNaN();
});
