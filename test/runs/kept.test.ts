/** @file What a run keeps: whole after a kill at any write, refused by name after damage, and never finished in a folder that was taken away. */
import { describe, expect, test } from "vitest";
import { DmilError } from "../../src/core/errors.ts";
import { type Folder, memoryFolder, readText } from "../../src/core/folder.ts";
import { stream } from "../../src/core/random.ts";
import { damagedFiles, openRun } from "../../src/runs/open.ts";
import { planRun } from "../../src/runs/plan.ts";
import { readRecord, runFiles } from "../../src/runs/record.ts";
import { readResult } from "../../src/runs/result.ts";
import { type RunOptions, resumeRun, startRun } from "../../src/runs/run.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { smallMixture } from "../support/models.ts";

const data = smallMixture();
const settings = {
  data: "mixture",
  method: "mcr",
  seed: 3,
  batchSize: 50,
  epochs: { alone: 1, whole: 2 },
  encoder: { hidden: [6], dropout: 0.2 },
  options: { embedding: 4 },
};
const plan = planRun(parseSettings(settings), data.train);
const options: RunOptions = { checkpointSeconds: 3600 };
/** Files that are the same to the byte, however often the run was broken; the others hold times. */
const fixed = [runFiles.last, runFiles.best, runFiles.metrics, runFiles.model, runFiles.result];

const whole = memoryFolder("runs/whole");
await startRun(whole, plan, data, options);

/** A folder that is dead from its n-th change on, as when the process was killed before it. */
function dyingAt(n: number): { readonly folder: Folder; readonly left: Folder; readonly changes: () => number } {
  const left = memoryFolder("runs/killed");
  let changes = 0;
  const alive = (): void => {
    if (++changes >= n) throw new Error("killed");
  };
  const folder: Folder = {
    ...left,
    async write(name, content) {
      alive();
      await left.write(name, content);
    },
    async append(name, text) {
      alive();
      await left.append(name, text);
    },
    async remove(name) {
      alive();
      await left.remove(name);
    },
  };
  return { folder, left, changes: () => changes };
}

async function copyOf(folder: Folder): Promise<Folder> {
  const copy = memoryFolder(folder.label);
  for (const name of await folder.list()) await copy.write(name, await folder.read(name));
  return copy;
}

test("a run that was killed before any of its writes goes on to the same files", async () => {
  const counted = dyingAt(Number.POSITIVE_INFINITY);
  await startRun(counted.folder, plan, data, options);
  const writes = counted.changes();
  expect(writes).toBeGreaterThan(10);
  for (let n = 1; n <= writes; n++) {
    const { folder, left } = dyingAt(n);
    await expect(startRun(folder, plan, data, options), `write ${n}`).rejects.toThrow("killed");
    if (n === 1) {
      expect(await left.list()).toEqual([]);
      continue;
    }
    expect((await readRecord(left)).status).toBe("running");
    await resumeRun(left, data, options);
    for (const name of fixed) {
      expect(Buffer.compare(await left.read(name), await whole.read(name)), `write ${n}: ${name}`).toBe(0);
    }
    expect(await damagedFiles(left)).toEqual([]);
  }
});

describe("a damaged file", () => {
  const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
    const damaged = bytes.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    return damaged;
  };
  /** Some of the file's bits, and all of its first bytes, where its structure is. */
  const bitsOf = (bytes: Uint8Array): number[] => {
    const draw = stream(7, "bits");
    return [
      ...Array.from({ length: 8 * 64 }, (_, i) => i),
      ...Array.from({ length: 1500 }, () => draw.below(bytes.length * 8)),
    ];
  };
  const cases: readonly (readonly [string, (folder: Folder) => Promise<unknown>])[] = [
    [runFiles.record, readRecord],
    [runFiles.result, readResult],
    [runFiles.model, async (folder) => (await openRun(folder)).fitted.state],
    [runFiles.last, async (folder) => (await openRun(await unfinished(folder))).fitted.state],
  ];
  /** The run as it would be had it not finished. */
  const unfinished = async (folder: Folder): Promise<Folder> => ({
    ...folder,
    read: async (name) => (name === runFiles.record ? interrupted : folder.read(name)),
  });
  let interrupted: Uint8Array;

  test.each(cases)("%s is read as it was, or refused by name", async (name, open) => {
    const broken = dyingAt(Number.POSITIVE_INFINITY).left;
    const controller = new AbortController();
    const stop = (): void => controller.abort();
    await startRun(broken, plan, data, {
      ...options,
      signal: controller.signal,
      onEvent: (e) => e.kind === "epoch" && stop(),
    }).catch(() => {});
    interrupted = await broken.read(runFiles.record);
    const bytes = await whole.read(name);
    const good = await open(whole);
    let refused = 0;
    const bits = bitsOf(bytes);
    for (const bit of bits) {
      const folder: Folder = {
        ...whole,
        read: async (file) => (file === name ? flipped(bytes, bit) : whole.read(file)),
      };
      const read = await open(folder).catch((error) => error);
      if (!(read instanceof Error)) {
        expect(read).toEqual(good);
        continue;
      }
      refused++;
      expect(read).toBeInstanceOf(DmilError);
      expect((read as DmilError).code).not.toBe("InternalError");
      expect(read.message).toContain(`runs/whole/${name}`);
    }
    expect(refused).toBeGreaterThan(0.9 * bits.length);
  });

  test.each([runFiles.model, runFiles.best, runFiles.result, runFiles.metrics])(
    "%s of a finished run, gone or flipped, is made again by resume",
    async (name) => {
      const folder = await copyOf(whole);
      if (name === runFiles.metrics) await folder.remove(name);
      else await folder.write(name, flipped(await folder.read(name), 4000));
      expect(await damagedFiles(folder)).toEqual([name]);
      await resumeRun(folder, data, options);
      expect(Buffer.compare(await folder.read(name), await whole.read(name))).toBe(0);
      await expect(resumeRun(folder, data, options)).rejects.toThrow(/already finished/);
    },
  );

  test("the last checkpoint, removed as its message says, lets resume begin anew to the same bits", async () => {
    const folder = await copyOf(whole);
    await folder.write(runFiles.last, flipped(await folder.read(runFiles.last), 4000));
    await folder.remove(runFiles.model);
    await expect(resumeRun(folder, data, options)).rejects.toThrow(
      /^runs\/whole\/checkpoints\/last\.safetensors: the checksum does not match.* Remove this file, and `dmil resume/,
    );
    await folder.remove(runFiles.last);
    await resumeRun(folder, data, options);
    for (const name of fixed) expect(Buffer.compare(await folder.read(name), await whole.read(name)), name).toBe(0);
  });

  test("files of earlier versions are told from damaged ones", async () => {
    const folder = await copyOf(whole);
    const { ...record } = await readRecord(folder);
    await folder.write(runFiles.record, JSON.stringify({ ...record, format: "dmil-run-1" }, undefined, 2));
    await expect(openRun(folder)).rejects.toThrow(
      /^runs\/whole\/run\.json: this run was written by an earlier version of dmil.* --out runs\/whole --force$/,
    );
  });
});

describe("a run stops with an error when its folder", () => {
  const starting = (folder: Folder, at: number, act: () => Promise<unknown>): Promise<unknown> => {
    let epochs = 0;
    const acting: Folder = {
      ...folder,
      async append(name, text) {
        await folder.append(name, text);
        if (++epochs === at) await act();
      },
    };
    return startRun(acting, plan, data, options);
  };
  const emptied = async (folder: Folder): Promise<void> => {
    for (const name of await folder.list()) await folder.remove(name);
  };

  test.each([1, 2, 3])("is removed after epoch %i: nothing is made anew", async (at) => {
    const folder = memoryFolder("runs/gone");
    await expect(starting(folder, at, () => emptied(folder))).rejects.toThrow(
      /^runs\/gone: run\.json is missing: the folder was removed or moved during training/,
    );
    expect(await folder.list()).toEqual([]);
  });

  test("holds another run by now: that is left alone", async () => {
    const folder = memoryFolder("runs/taken");
    const replace = async (): Promise<void> => {
      await emptied(folder);
      for (const name of await whole.list()) await folder.write(name, await whole.read(name));
    };
    await expect(starting(folder, 2, replace)).rejects.toThrow(/another process has started a run in this folder/);
    for (const name of await whole.list()) {
      expect(Buffer.compare(await folder.read(name), await whole.read(name)), name).toBe(0);
    }
  });

  test.each([runFiles.metrics, runFiles.last])("loses %s: resume goes on", async (name) => {
    const folder = memoryFolder("runs/less");
    await expect(starting(folder, 2, () => folder.remove(name))).rejects.toThrow(
      `runs/less: ${name} was removed during training. Continue with: dmil resume runs/less`,
    );
    expect(await readRecord(folder)).toMatchObject({ status: "failed" });
    await resumeRun(folder, data, options);
    for (const file of fixed) expect(Buffer.compare(await folder.read(file), await whole.read(file)), file).toBe(0);
  });
});

test("a disk that is full at any write ends in a run that failed, with the reason, and goes on", async () => {
  for (const file of [runFiles.last, runFiles.best, runFiles.model, runFiles.result, runFiles.events]) {
    const folder = memoryFolder("runs/full");
    const full = new DmilError("RunError", `runs/full: cannot write ${file}: no space is left.`);
    const failing: Folder = {
      ...folder,
      async write(name, content) {
        if (name === file) throw full;
        await folder.write(name, content);
      },
    };
    await expect(startRun(failing, plan, data, options)).rejects.toBe(full);
    expect(await readRecord(folder)).toMatchObject({ status: "failed", error: { message: full.message } });
    await resumeRun(folder, data, options);
    expect(await readText(folder, runFiles.result)).toBe(await readText(whole, runFiles.result));
  }
});
