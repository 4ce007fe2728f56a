import { expect, test } from "vitest";
import { memoryFolder, readText } from "../../../src/core/folder.ts";
import { type SweepEntry, sweepFiles } from "../../../src/runs/sweep/entry.ts";
import { appendEntry, readHead, readManifest, rewriteEntries } from "../../../src/runs/sweep/manifest.ts";
import { meansOf } from "../../../src/runs/sweep/means.ts";

const entry = (id: string, change: Partial<SweepEntry> = {}): SweepEntry => ({
  id,
  data: "clips",
  method: "joint",
  seed: 0,
  split: "own",
  trainShare: 1,
  status: "failed",
  run: `runs/${id}`,
  started: "2026-01-01T00:00:00Z",
  seconds: 1,
  peakMemory: 0,
  ...change,
});

test("of lines with one id the last counts; half a line at the end is none, elsewhere it is an error", async () => {
  const folder = memoryFolder("sweep");
  expect(await readManifest(folder)).toEqual({ entries: new Map(), cut: false });
  await appendEntry(folder, entry("a"));
  await appendEntry(folder, entry("b"));
  await appendEntry(folder, entry("a", { error: "again" }));
  await folder.append(sweepFiles.manifest, '{"id":"c","da');
  const { entries, cut } = await readManifest(folder);
  expect(cut).toBe(true);
  expect([...entries.values()].map(({ id, error }) => `${id} ${error}`)).toEqual(["b undefined", "a again"]);
  await rewriteEntries(folder, entries.values());
  await appendEntry(folder, entry("d"));
  expect(
    (await readText(folder, sweepFiles.manifest))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).id),
  ).toEqual(["b", "a", "d"]);
  await folder.append(sweepFiles.manifest, "{\n{}\n");
  await expect(readManifest(folder)).rejects.toThrow(/manifest\.jsonl:4: not valid JSON/);
});

test("a head of another kind is refused", async () => {
  const folder = memoryFolder("sweep");
  expect(await readHead(folder)).toBeUndefined();
  await folder.write(sweepFiles.head, '{"format": "other"}');
  await expect(readHead(folder)).rejects.toThrow(/sweep\.json: not the head of a sweep/);
});

test("means are over seeds and folds, by data, kind of split and share", () => {
  const scored = (method: string, split: string, accuracy: number, trainShare = 1): SweepEntry =>
    entry(`${method}${split}${accuracy}`, {
      method,
      split,
      trainShare,
      scores: { test: { accuracy, logLoss: 9 } } as unknown as NonNullable<SweepEntry["scores"]>,
    });
  const { rows, columns, cells } = meansOf([
    scored("joint", "fold 1/2", 0.5),
    scored("joint", "fold 2/2", 0.7),
    scored("dmil", "speaker 0", 0.9),
    scored("dmil", "own", 0.8, 0.1),
  ]);
  expect(rows).toEqual(["joint", "dmil"]);
  expect(columns).toEqual(["clips 2 folds", "clips by speaker", "clips, share 0.1"]);
  expect(cells.map((row) => row.map((cell) => cell?.runs))).toEqual([
    [2, undefined, undefined],
    [undefined, 1, 1],
  ]);
  expect(cells[0]![0]!.value).toBeCloseTo(0.6, 12);
});
