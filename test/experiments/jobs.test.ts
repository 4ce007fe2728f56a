import { expect, test } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { loadDataset } from "../../src/data/load.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { dataCache } from "../../src/experiments/cache.ts";
import { parseExperiment } from "../../src/experiments/experiment.ts";
import { type OpenedData, planSweep, type SweepPlan } from "../../src/experiments/jobs.ts";
import { batchSizeFor } from "../../src/experiments/settings.ts";
import { planRun } from "../../src/runs/plan.ts";
import { startRun } from "../../src/runs/run.ts";
import { parseSettings } from "../../src/runs/settings.ts";

const mixture = (seed: number, modalities: readonly string[] = ["a", "b"]) =>
  interactionMixture({
    classes: 2,
    noise: 0.3,
    samples: { train: 120, validation: 40, test: 40 },
    shares: {
      redundant: 0.25,
      unique: modalities.length === 2 ? 0.25 : 0.15,
      synergistic: modalities.length === 2 ? 0.25 : 0.3,
    },
    features: 3,
    modalities,
    seed,
  });
const two = mixture(0);
const three = mixture(0, ["a", "b", "c"]);

interface Given {
  readonly experiment?: object;
  readonly splits?: typeof two;
  readonly code?: string;
  readonly teacherAt?: typeof memoryFolder;
}
function plan({ experiment = {}, splits = two, code = "code", teacherAt = memoryFolder }: Given = {}, write = false) {
  const places = new Map<string, ReturnType<typeof memoryFolder>>();
  const open = (name: string) => {
    if (!places.has(name)) places.set(name, memoryFolder(name));
    return places.get(name)!;
  };
  const parsed = parseExperiment({ data: [{ path: "clips" }], methods: ["joint"], seeds: [0, 1], ...experiment });
  const opened = async (entry: OpenedData["entry"]): Promise<OpenedData> => ({
    entry,
    name: entry.name ?? "clips",
    splits,
    path: "clips",
  });
  return planSweep(parsed, opened, dataCache(open, write), code, { open: teacherAt }).then((made) => ({
    ...made,
    places,
  }));
}
const ids = async (given?: Given): Promise<string[]> => (await plan(given)).runs.map(({ id }) => id);

test("an id is the same for the same, and another for everything that decides a result", async () => {
  const [first, second] = await ids();
  expect(await ids()).toEqual([first, second]);
  const others = await Promise.all([
    ids({ code: "other" }),
    ids({ splits: mixture(1) }),
    ids({ splits: { ...two, test: mixture(1).test } }),
    ids({ experiment: { set: { encoder: { dropout: 0.1 } } } }),
    ids({ experiment: { data: [{ path: "clips", settings: { epochs: 3 } }] } }),
    ids({ experiment: { methods: ["ensemble"] } }),
    ids({ experiment: { tune: 2 } }),
    ids({ experiment: { tune: 3 } }),
    ids({ experiment: { splitBy: "share" } }),
    ids({ experiment: { trainShares: [0.5] } }),
  ]);
  const all = [first, second, ...others.flat()];
  expect(new Set(all).size).toBe(22);
  // More seeds or methods leave the others as they are.
  expect(await ids({ experiment: { seeds: [1, 2], methods: ["ensemble", "joint"] } })).toContain(second);
});

test("a teacher's model decides the ids of runs and tunings, and must have seen the same samples", async () => {
  const folders = await Promise.all(
    [0, 1].map(async (seed) => {
      const folder = memoryFolder("runs/teacher");
      await startRun(
        folder,
        planRun(parseSettings({ data: "clips", method: "joint", epochs: 1, seed }), two.train),
        two,
      );
      return folder;
    }),
  );
  const experiment = { tune: 2, set: { teacher: { run: "runs/teacher" } } };
  const planned = (place: number, splits = two) => plan({ experiment, splits, teacherAt: () => folders[place]! });
  const [first, again, other] = await Promise.all([0, 0, 1].map((place) => planned(place)));
  const idsOf = ({ runs, tunings }: SweepPlan): string[] => [...runs, ...tunings].map(({ id }) => id);
  expect(idsOf(again!)).toEqual(idsOf(first!));
  expect(new Set([...idsOf(first!), ...idsOf(other!), ...(await ids({ experiment: { tune: 2 } }))]).size).toBe(8);
  await expect(planned(0, mixture(1))).rejects.toThrow("the teacher runs/teacher was trained on other samples");
});

test("the id of a tuning does not know the test split", async () => {
  const tuning = async (splits: typeof two) => (await plan({ experiment: { tune: 2 }, splits })).tunings[0]!.id;
  expect(await tuning({ ...two, test: mixture(1).test })).toBe(await tuning(two));
  expect(await tuning({ ...two, validation: mixture(1).validation })).not.toBe(await tuning(two));
});

test("one tuning for all seeds of a method, with as many trials for each method", async () => {
  const { tunings, runs } = await plan({ experiment: { tune: 4, methods: ["joint", "ogm", "unimodal"] } });
  expect(tunings.map(({ method, configs }) => [method, configs.length])).toEqual([
    ["joint", 4],
    ["ogm", 4],
    ["unimodal-a", 4],
    ["unimodal-b", 4],
  ]);
  expect(runs).toHaveLength(8);
  for (const run of runs) expect(tunings.find(({ id }) => id === run.tuning)!.method).toBe(run.method);
});

test("settings: a number of epochs is for every stage, stages are for the methods that have them", async () => {
  const epochs = async (set: object) =>
    Object.fromEntries(
      (await plan({ experiment: { methods: ["joint", "dmil-published"], seeds: [0], set } })).runs.map(
        ({ method, config }) => [method, config.epochs],
      ),
    );
  expect(await epochs({ epochs: 2 })).toEqual({
    joint: { whole: 2 },
    "dmil-published": { intra: 2, components: 2, whole: 2 },
  });
  expect((await epochs({ epochs: { intra: 3 } }))["dmil-published"]).toMatchObject({ intra: 3 });
  expect((await epochs({ epochs: { intra: 3 } })).joint).toEqual((await epochs({})).joint);
  await expect(epochs({ epochs: { hole: 3 } })).rejects.toThrow(
    /set\.epochs\.hole: no method of this sweep has a stage "hole"/,
  );
  await expect(epochs({ encoder: { dropot: 1 } })).rejects.toThrow(/set\.encoder\.dropot: unknown option/);
});

test("settings of a data set go before those of all, part by part, and each mistake is told where it was made", async () => {
  const one = (set: object, settings: object, methods = ["joint"]) =>
    plan({ experiment: { set, methods, data: [{ path: "clips", settings }] } });
  const { runs } = await one({ encoder: { hidden: [8], dropout: 0.1 } }, { encoder: { dropout: 0 } });
  expect(runs[0]!.config.encoder).toMatchObject({ hidden: [8], dropout: 0 });
  await expect(one({ encoder: { hidden: ["x"] } }, { encoder: { dropout: 3 } })).rejects.toMatchObject({
    fields: {
      issues: [
        { path: ["set", "encoder", "hidden", 0] },
        { path: ["data", 0, "settings", "encoder", "dropout"], message: expect.stringContaining("3 given") },
      ],
    },
  });
  await expect(one({ options: { alpha: 1 } }, {}, ["ogm", "joint"])).rejects.toThrow(
    /set\.options\.alpha: joint: unknown option "alpha"/,
  );
});

test("small data has small batches, unless the batch size is given", async () => {
  const sizes = [120, 200, 1200, 11348, 20].map((n) => batchSizeFor({ size: n }));
  expect(sizes).toEqual([8, 16, 64, 64, 8]);
  const sizeOf = async (experiment: object) => (await plan({ experiment })).runs[0]!.config.batchSize;
  expect(await sizeOf({})).toBe(8);
  expect(await sizeOf({ set: { batchSize: 24 } })).toBe(24);
  expect(await sizeOf({ set: { batchSize: 24 }, data: [{ path: "clips", settings: { batchSize: 32 } }] })).toBe(32);
});

test("a method that is not defined for the data is skipped with its own words; nothing left is an error", async () => {
  const { runs, skipped } = await plan({ splits: three, experiment: { methods: ["greedy", "joint", "unimodal-z"] } });
  expect(runs.map(({ method }) => method)).toEqual(["joint", "joint"]);
  expect(skipped).toEqual([
    { data: "clips", method: "greedy", reason: expect.stringContaining("greedy is defined for 2 modalities; 3") },
    { data: "clips", method: "unimodal-z", reason: expect.stringContaining('no modality "z"') },
  ]);
  await expect(plan({ splits: three, experiment: { methods: ["greedy"] } })).rejects.toThrow(/no method .* is defined/);
});

test("shared data that is cut, damaged or has a file too many is written anew, aloud; whole data is left alone", async () => {
  const folder = memoryFolder("mixture");
  const notes: string[] = [];
  const tell = (text: string) => void notes.push(text);
  const place = () => dataCache(() => folder, true, tell).place({ name: "mixture", content: { train: "0" } }, two);
  const content = async () => {
    const names = await folder.list();
    return new Map(await Promise.all(names.map(async (name) => [name, await folder.read(name)] as const)));
  };
  await place();
  const files = await content();
  const harms: [string, (bytes: Uint8Array) => Uint8Array | undefined][] = [
    ["train/a.npy", (bytes) => bytes.map((byte, i) => (i === bytes.length - 3 ? byte ^ 4 : byte))],
    ["valid/ids.json", (bytes) => bytes.slice(0, -2)],
    ["test/labels.npy", () => undefined],
    ["train/c.npy", () => files.get("train/a.npy")!],
    ["checksums.json", (bytes) => bytes.slice(0, 80)],
    ["checksums.json", () => undefined],
  ];
  for (const [name, harm] of harms) {
    const harmed = harm(files.get(name) ?? new Uint8Array());
    if (harmed === undefined) await folder.remove(name);
    else await folder.write(name, harmed);
    await place();
    expect(await content()).toEqual(files);
  }
  const anew = (name: string) => `note: mixture/${name}: changed or damaged; the data is written again.`;
  const heard = [
    ...["train/a.npy", "valid/ids.json", "test/labels.npy", "train/c.npy"].map(anew),
    expect.stringMatching(/^note: mixture\/checksums\.json: not valid JSON/),
  ];
  expect(notes).toEqual(heard);
  await place();
  expect(notes).toEqual(heard);
});

test("data split anew is written once and read back as it was; data as it lies is not copied", async () => {
  const { runs, places } = await plan({ experiment: { splitBy: "share", methods: ["joint", "ensemble"] } }, true);
  expect(places.size).toBe(2);
  for (const { place } of runs) {
    expect(place.cached).toBe(true);
    const read = await loadDataset(places.get(place.path)!);
    expect(read.train.size + read.validation.size + read.test.size).toBe(200);
  }
  const own = await plan({}, true);
  expect(own.places.size).toBe(0);
  expect(own.runs[0]!.place).toEqual({ cached: false, path: "clips" });
  expect(own.runs.map(({ run }) => run)).toEqual(["runs/clips-joint-0", "runs/clips-joint-1"]);
});

test("pools: members of a method entry and of all runs, and epochs of a stage for every member", async () => {
  const experiment = {
    methods: ["joint", "joint x3", { method: "unimodal", members: 2 }],
    set: { epochs: { whole: 2 } },
    seeds: [0],
  };
  const { runs } = await plan({ experiment });
  expect(runs.map(({ method, run, config, reads }) => [method, run, config.members, config.epochs, reads])).toEqual([
    ["joint", "runs/clips-joint-0", undefined, { whole: 2 }, ["a", "b"]],
    [
      "joint x3",
      "runs/clips-joint-x3-0",
      3,
      { "member1.whole": 2, "member2.whole": 2, "member3.whole": 2 },
      ["a", "b"],
    ],
    ["unimodal-a x2", "runs/clips-unimodal-a-x2-0", 2, { "member1.whole": 2, "member2.whole": 2 }, ["a"]],
    ["unimodal-b x2", "runs/clips-unimodal-b-x2-0", 2, { "member1.whole": 2, "member2.whole": 2 }, ["b"]],
  ]);
  const all = await plan({ experiment: { methods: ["joint", "joint x1"], set: { members: 2 } } });
  expect(all.runs.map(({ method, config }) => [method, config.members])).toEqual([
    ["joint", 2],
    ["joint", 2],
    ["joint x1", 1],
    ["joint x1", 1],
  ]);
  expect(new Set(all.runs.map(({ id }) => id)).size).toBe(4);
  // A stage that only members have is known by its own name.
  await plan({ experiment: { methods: ["joint x2"], set: { epochs: { whole: 1 } } } });
});
