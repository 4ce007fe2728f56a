import { expect, test } from "vitest";
import { memoryFolder, readText } from "../../src/core/folder.ts";
import { stream } from "../../src/core/random.ts";
import { type SweepEntry, sweepFiles } from "../../src/experiments/entry.ts";
import { appendEntry, readHead, readManifest, rewriteEntries } from "../../src/experiments/manifest.ts";
import { withChecksum } from "../../src/runs/checksum.ts";

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
  expect(await readManifest(folder)).toEqual({ entries: new Map(), cut: false, damaged: [] });
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
  const { damaged, entries: rest } = await readManifest(folder, "Its run is done again.");
  expect(damaged.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^sweep\/manifest\.jsonl:4: not valid JSON; .* Its run is done again\.$/),
    expect.stringMatching(/^sweep\/manifest\.jsonl:5: the checksum is missing; .* Its run is done again\.$/),
  ]);
  expect([...rest.keys()]).toEqual(["b", "a", "d"]);
});

test("a head of another kind is refused", async () => {
  const folder = memoryFolder("sweep");
  expect(await readHead(folder)).toBeUndefined();
  await folder.write(sweepFiles.head, await withChecksum({ format: "other" }));
  await expect(readHead(folder)).rejects.toThrow(/sweep\.json: not the head of a sweep/);
  await folder.write(sweepFiles.head, '{"format": "dmil-sweep-1", "environment": {}}');
  await expect(readHead(folder)).rejects.toThrow(/sweep\.json: the checksum is missing; .* with --resume/);
});

test("a manifest cut at any byte keeps its whole lines; with any bit turned it says which line, or reads the same", async () => {
  const folder = memoryFolder("sweep");
  const given = ["a", "b", "c"].map((id) => entry(id, { error: `why, \u201c${id}\u201d` }));
  await rewriteEntries(folder, given);
  const bytes = await folder.read(sweepFiles.manifest);
  const ends = [...bytes.entries()].filter(([, byte]) => byte === 10).map(([at]) => at);
  for (let length = 0; length <= bytes.length; length++) {
    await folder.write(sweepFiles.manifest, bytes.slice(0, length));
    const { entries, cut, damaged } = await readManifest(folder);
    const whole = ends.filter((end) => end <= length).length;
    const between = length > 0 && !ends.some((end) => length === end || length === end + 1);
    expect([[...entries.values()], cut, damaged]).toEqual([given.slice(0, whole), between, []]);
    // What a sweep does before it adds a line: nothing is glued to half a line, also where no line is whole.
    await rewriteEntries(folder, entries.values());
    await appendEntry(folder, entry("d"));
    expect((await readManifest(folder)).entries.size).toBe(whole + 1);
  }
  const draw = stream(7, "bits");
  for (let i = 0; i < 300; i++) {
    const turned = bytes.slice();
    const at = draw.below(bytes.length);
    turned[at]! ^= 1 << draw.below(8);
    await folder.write(sweepFiles.manifest, turned);
    const { entries, cut, damaged } = await readManifest(folder);
    for (const [id, found] of entries) expect(found).toEqual(given.find((own) => own.id === id));
    if (entries.size < 3) expect(cut || /sweep\/manifest\.jsonl:[1-4]: /.test(damaged[0]!.message)).toBe(true);
  }
});

test("an entry of an earlier version, which calls `correct` `right`, is read", async () => {
  const folder = memoryFolder("sweep");
  const scores = { samples: { train: 4, validation: 2, test: 3 }, validation: {}, test: {}, unimodal: {}, missing: [] };
  const old = { ...entry("a"), status: "finished", scores: { ...scores, right: "101" } };
  await folder.write(sweepFiles.manifest, `${await withChecksum(old)}\n`);
  const { entries, damaged } = await readManifest(folder);
  expect(damaged).toEqual([]);
  expect(entries.get("a")!.scores).toEqual({ ...scores, correct: "101" });
});
