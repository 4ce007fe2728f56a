/** @file Sweep folders: what is read, what is left out aloud, and what is refused. */
import { describe, expect, test } from "vitest";
import { memoryFolder } from "../../../src/core/folder.ts";
import { mergeSweeps, readSweep } from "../../../src/experiments/compare/read.ts";
import { mixedEnvironments, readTrace } from "../../../src/experiments/compare/trace.ts";
import { writeHead } from "../../../src/experiments/manifest.ts";
import { withChecksum } from "../../../src/runs/checksum.ts";
import { HEAD, madeEntries, madeFolder } from "./manifest.ts";

const entries = madeEntries({ seeds: 2 });
const manifest = await lines(entries);

async function lines(values: readonly object[]): Promise<string> {
  return (await Promise.all(values.map((value) => withChecksum(value)))).map((line) => `${line}\n`).join("");
}

async function withManifest(text: string) {
  const folder = await madeFolder([], { bare: true });
  await folder.write("manifest.jsonl", text);
  return folder;
}

describe("a manifest", () => {
  test("gives its runs and its head", async () => {
    const folder = await madeFolder(entries, { bare: true });
    expect(await readSweep(folder)).toEqual({ label: "sweep", folder, head: HEAD, entries, notes: [] });
  });

  test("may end in half a line, which is noted; a whole last line without its end counts", async () => {
    const half = await readSweep(await withManifest(manifest + manifest.slice(0, 70)));
    expect(half.entries).toHaveLength(entries.length);
    expect(half.notes).toEqual([
      "sweep/manifest.jsonl: the last line stops in the middle (its writer was killed); it is left out.",
    ]);
    const whole = await readSweep(await withManifest(manifest.trimEnd()));
    expect(whole).toMatchObject({ entries, notes: [] });
  });

  test("counts the last of lines with one id", async () => {
    const failed = { ...entries[0]!, status: "failed", error: "no memory" };
    const { entries: found } = await readSweep(await withManifest((await lines([failed])) + manifest));
    expect(found).toHaveLength(entries.length);
    expect(found.every(({ status }) => status === "finished")).toBe(true);
  });

  test("without a head is read, and that is noted", async () => {
    const folder = memoryFolder("sweep");
    await folder.write("manifest.jsonl", manifest);
    expect((await readSweep(folder)).notes).toEqual(["sweep: no sweep.json, so how the sweep was made is not known."]);
  });
});

describe("what is refused", () => {
  test.each<[string, string, ...object[]]>([
    ["broken line", `{"id": \n${manifest}`],
    ["no checksum", `${manifest}{"id": 3}\n`],
    ["another figure", manifest.replace('"seed":0', '"seed":1')],
    ["no line of a sweep", manifest, { id: 3 }],
    ["scores missing", "", { ...entries[0], scores: undefined }],
    ["odd predictions", "", { ...entries[0], scores: { ...entries[0]!.scores, correct: "01x" } }],
    ["empty", "\n"],
  ])("%s", async (_, text, ...sealed) => {
    await expect(readSweep(await withManifest(text + (await lines(sealed))))).rejects.toThrowErrorMatchingSnapshot();
  });

  test("folders that are no sweeps, told apart", async () => {
    const empty = memoryFolder("empty");
    await expect(readSweep(empty)).rejects.toThrowErrorMatchingInlineSnapshot(
      "[RunError: empty: not a sweep folder (no manifest.jsonl). `dmil sweep` makes sweeps.]",
    );
    const above = memoryFolder("above");
    await above.write("sweeps/a/manifest.jsonl", manifest);
    await expect(readSweep(above)).rejects.toThrow("Did you mean above/sweeps/a?");
    const begun = memoryFolder("begun");
    await writeHead(begun, HEAD);
    await expect(readSweep(begun)).rejects.toThrow("no run of this sweep has ended yet");
    const odd = memoryFolder("odd");
    await odd.write("manifest.jsonl", manifest);
    await odd.write("sweep.json", "{");
    await expect(readSweep(odd)).rejects.toThrow(/odd\/sweep\.json: not valid JSON/);
    await writeHead(odd, { ...HEAD, format: "other" as "dmil-sweep-1" });
    await expect(readSweep(odd)).rejects.toThrow(/not the head of a sweep of this version/);
  });
});

describe("several sweeps", () => {
  test("are one set in the order of names; what was done again counts once, aloud", () => {
    const again = entries.map((entry) => ({ ...entry, id: `${entry.id} again`, seconds: 1 }));
    const merged = mergeSweeps([
      { label: "a", entries: [...entries].reverse(), notes: ["one"] },
      { label: "b", entries: again.slice(0, 3), notes: [] },
    ]);
    expect(merged.entries).toHaveLength(entries.length);
    expect(merged.entries.filter(({ seconds }) => seconds === 1)).toHaveLength(3);
    expect(merged.entries.slice(0, 3).map(({ method, seed }) => `${method} ${seed}`)).toEqual([
      "dmil 0",
      "dmil 1",
      "ensemble 0",
    ]);
    expect(merged.notes).toEqual(["one", expect.stringMatching(/^3 runs were done again .* the later one counts\.$/)]);
    const same = mergeSweeps([
      { label: "a", entries, notes: [] },
      { label: "b", entries, notes: [] },
    ]);
    expect(same.notes).toEqual([]);
  });

  test("of different programs are noted; what bears on nothing is not", () => {
    const environments = [{ dmil: "1", host: "a" }, { dmil: "2", host: "b" }, { dmil: "2" }];
    expect(mixedEnvironments(environments)).toEqual([
      "dmil is not the same in all runs: 1 (1 runs), 2 (2 runs). Figures may differ for that reason alone.",
    ]);
    expect(mixedEnvironments(environments.slice(1))).toEqual([]);
  });
});

test("curves are thinned, keep their last epoch, and do without what is missing", async () => {
  const folder = await madeFolder(entries);
  const { run, scores } = entries[0]!;
  const { curve } = await readTrace(folder, run, 7);
  expect(curve!.map(([epoch]) => epoch)).toEqual([1, 6, 11, 16, 21, 26, 30]);
  expect(curve!.at(-1)![1]).toBeCloseTo(scores!.validation.accuracy!, 1);
  await folder.append(`${run}/metrics.jsonl`, '{"stage": "wh');
  expect((await readTrace(folder, run, 7)).curve).toEqual(curve);
  expect(await readTrace(folder, "runs/none")).toEqual({ unread: [] });
});
