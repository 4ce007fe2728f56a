import { describe, expect, it, vi } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { float32, type Tensor, tensor } from "../../src/core/tensor.ts";
import { type LoadOptions, loadDataset, readDataset } from "../../src/data/load.ts";
import { classesOf, labelsOf } from "../../src/data/target.ts";
import { decode, reference, rejected } from "./fixtures/reference.ts";
import { archiveFolder, arrayFolder, smallArrays, smallSplits, textFolder } from "./fixtures/small.ts";

const numpyText = reference.npy.find(({ name }) => name === "text")!.bytes;

type Changes = Parameters<typeof arrayFolder>[0];
const load = async (changes: Changes, options?: LoadOptions) => loadDataset(await arrayFolder(changes), options);
const refused = async (changes: Changes, options?: LoadOptions) => (await rejected(load(changes, options))).message;
const int32 = (values: number[], shape = [values.length]): Tensor => tensor("int32", shape, Int32Array.from(values));
const perSplit = (name: string, make: (n: number) => Tensor): Record<string, Tensor> => ({
  [`train/${name}`]: make(6),
  [`valid/${name}`]: make(3),
  [`test/${name}`]: make(4),
});

describe("the three forms give the same data", () => {
  it("folder", async () => expect(await load({})).toEqual(smallSplits()));
  it("archive with /", async () => expect(await loadDataset(await archiveFolder("/"))).toEqual(smallSplits()));
  it("archive with _", async () => expect(await loadDataset(await archiveFolder("_"))).toEqual(smallSplits()));

  const rows = { train: 6, valid: 3, test: 4 };
  const line = (name: string, row: number): string => {
    const { picture, sound } = smallSplits()[name === "valid" ? "validation" : (name as "train")].modalities;
    const cells = [...picture!.data.subarray(4 * row, 4 * row + 4), ...sound!.data.subarray(2 * row, 2 * row + 2)];
    return [row % 2, ...cells].join(",");
  };
  const columns = "label,picture.0,picture.1,picture.2,picture.3,sound_1,sound_2";
  const flat = smallSplits();
  for (const split of Object.values(flat)) {
    Object.assign(split.modalities, { picture: float32([split.size, 4], split.modalities.picture!.data) });
  }
  it("three tables", async () => {
    const tables = Object.entries(rows).map(([name, n]) => [
      `${name}.csv`,
      `${columns}\n${Array.from({ length: n }, (_, i) => line(name, i)).join("\n")}`,
    ]);
    expect(await loadDataset(await textFolder(Object.fromEntries(tables)))).toEqual(flat);
  });
  it("one table with a split column, rows mixed", async () => {
    const lines: string[] = [];
    for (let i = 0; i < 6; i++) {
      for (const [name, n] of Object.entries(rows)) if (i < n) lines.push(`${name},${line(name, i)}`);
    }
    const text = `split,${columns}\n${lines.join("\n")}`;
    expect(await loadDataset(await textFolder({ "data.csv": text }))).toEqual(flat);
  });
});

describe("which arrays are modalities", () => {
  it("floats and integers of two axes are; integers [N] are side information, with a warning", async () => {
    const warnings: string[] = [];
    const options = { onWarning: (message: string) => warnings.push(message) };
    const pixels = (n: number): Tensor =>
      tensor(
        "uint8",
        [n, 2],
        Uint8Array.from({ length: 2 * n }, (_, i) => i % 5),
      );
    const splits = await load(
      {
        ...perSplit("mote", (n) => int32(new Array(n).fill(3))),
        ...perSplit("level", (n) =>
          float32(
            [n],
            Array.from({ length: n }, (_, i) => i),
          ),
        ),
        ...perSplit("pixels", pixels),
      },
      options,
    );
    expect(Object.keys(splits.train.modalities)).toEqual(["level", "picture", "pixels", "sound"]);
    expect([...splits.test.modalities.pixels!.data]).toEqual([0, 1, 2, 3, 4, 0, 1, 2]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/data\/train\/mote\.npy is int32 \[6\]: taken as side information/);
  });
  it("warnings go to the console when nobody asked for them", async () => {
    const spy = vi.spyOn(console, "warn").mockImplementation(() => {});
    await load(perSplit("mote", (n) => int32(new Array(n).fill(3))));
    expect(spy).toHaveBeenCalledOnce();
    spy.mockRestore();
  });
  it("the option chooses and orders, and may name side information", async () => {
    const mote = perSplit("mote", (n) => int32(Array.from({ length: n }, (_, i) => i)));
    const splits = await load(mote, { modalities: ["sound", "mote"] });
    expect(Object.keys(splits.train.modalities)).toEqual(["sound", "mote"]);
    expect(splits.validation.modalities.mote).toEqual(float32([3], [0, 1, 2]));
  });
  it("the warnings of the checks come with those of loading", async () => {
    const warnings: string[] = [];
    await load(
      perSplit("still", (n) => float32([n, 1])),
      { onWarning: (message) => warnings.push(message) },
    );
    expect(warnings).toEqual([expect.stringMatching(/still\.npy: 1 of 1 columns are constant in train/)]);
  });
  it("an unknown modality is an error with the nearest name", async () => {
    expect(await refused({}, { modalities: ["sond"] })).toMatch(/no modality "sond"; did you mean "sound"\?/);
  });
  it("arrays that train does not have are refused, and not where the modalities are named", async () => {
    const more = { "test/more": float32([4, 1], [1, 2, 3, 4]) };
    expect(await refused(more)).toMatch(
      /test\/more\.npy: the test split has more, the train split has not.*--modalities/,
    );
    expect(Object.keys((await load(more, { modalities: ["sound"] })).test.modalities)).toEqual(["sound"]);
  });
  it("float64 becomes float32; integers that float32 cannot hold leave a warning", async () => {
    const long = (n: number): Tensor =>
      tensor(
        "int64",
        [n, 1],
        BigInt64Array.from({ length: n }, (_, i) => 16777217n + BigInt(2 * i)),
      );
    const double = (n: number): Tensor =>
      tensor(
        "float64",
        [n, 1],
        Float64Array.from({ length: n }, (_, i) => 0.1 * i),
      );
    const { splits, report } = await readDataset(
      await arrayFolder({ ...perSplit("long", long), ...perSplit("double", double) }),
    );
    expect(splits.train.modalities.double!.data[1]).toBe(Math.fround(0.1));
    expect(report.warnings.filter((text) => /rounded/.test(text))).toHaveLength(3);
  });
});

describe("dataset.json", () => {
  const extras = {
    ...perSplit("mote", (n) => int32(Array.from({ length: n }, (_, i) => (n === 6 ? 1 : 10 * n) + (i >> 1)))),
    "train/names.txt": "a\nb\nc\nd\ne\nf\n",
    "valid/names.txt": "g\r\nh\r\ni",
    "test/names.txt": "j\nk\nl\nm",
  };
  it("gives classes, order, ids and groups", async () => {
    const manifest = { classes: ["no", "yes"], modalities: ["sound", "picture"], ids: "names.txt", groups: "mote.npy" };
    const { splits, report } = await readDataset(
      await arrayFolder({ ...extras, "dataset.json": JSON.stringify(manifest) }),
    );
    expect(classesOf(splits.test)).toEqual(["no", "yes"]);
    expect(Object.keys(splits.test.modalities)).toEqual(["sound", "picture"]);
    expect(splits.train.ids).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(splits.validation.ids).toEqual(["g", "h", "i"]);
    expect(splits.train.groups).toEqual(["1", "1", "2", "2", "3", "3"]);
    expect(report.warnings).toEqual([]);
  });
  it("a groups file is no modality and leaves no warning", async () => {
    const { splits, report } = await readDataset(
      await arrayFolder({ ...extras, "dataset.json": '{"groups": "mote.npy"}' }),
    );
    expect(Object.keys(splits.train.modalities)).toEqual(["picture", "sound"]);
    expect(report.warnings).toEqual([]);
  });
  it.each([
    ['{"modalites": ["sound"]}', /unknown option "modalites"; did you mean "modalities"\?/],
    ['{"classes": ["a", "a"]}', /dataset\.json\.classes.*names one entry twice/],
    ['{"groups": "../secrets.txt"}', /plain name/],
    ['{"modalities": []}', /at least one modality/],
    ['{"modalities": ["sond"]}', /dataset\.json, modalities: there is no modality "sond"/],
    ["{", /data\/dataset\.json: not valid JSON/],
    ['{"ids": "nowhere.json"}', /train\/nowhere\.json is missing/],
    ['{"ids": "sound.npy"}', /holds float32 \[6, 2\]; one integer or text/],
    ['{"ids": "x.parquet"}', /\.json, \.txt and \.npy/],
    ['{"ids": "list.json"}', /train\/list\.json: entry 1 \(from 0\) is neither a string nor a number/],
    ['{"ids": "object.json"}', /must be a list/],
    ['{"ids": "broken.json"}', /broken\.json: not valid JSON/],
    ['{"groups": "few.txt"}', /data\/train\/few\.txt holds 2 rows, data\/train\/labels\.npy 6/],
  ])("refuses %s", async (text, message) => {
    const files = {
      "dataset.json": text,
      "train/list.json": '["a", {}]',
      "train/object.json": "{}",
      "train/broken.json": "[",
      "train/x.parquet": "",
      "train/few.txt": "a\nb",
      "valid/few.txt": "a\nb\nc",
      "test/few.txt": "a\nb\nc\nd",
    };
    expect(await refused(files)).toMatch(message);
  });
  it("in an archive the places are keys, in a table columns", async () => {
    const groups = perSplit("mote", (n) => int32(Array.from({ length: n }, (_, i) => n + 10 * i)));
    const archive = await archiveFolder("/", groups);
    await archive.write("dataset.json", '{"groups": "mote"}');
    expect((await loadDataset(archive, { onWarning: () => {} })).test.groups).toEqual(["4", "14", "24", "34"]);
    const text =
      "split,label,x,who\n" + ["train,a", "train,b", "valid,a", "test,b"].map((s, i) => `${s},${i},p${i}`).join("\n");
    const table = await loadDataset(
      await textFolder({ "data.csv": text, "dataset.json": '{"groups": "who", "ids": "who"}' }),
      {
        onWarning: () => {},
      },
    );
    expect([table.test.groups, table.test.ids, Object.keys(table.test.modalities)]).toEqual([["p3"], ["p3"], ["x"]]);
  });
});

describe("labels", () => {
  const labels = (train: Tensor): Changes => ({ "train/labels": train });
  it.each([
    ["uint8", tensor("uint8", [6], Uint8Array.of(0, 1, 0, 1, 0, 1))],
    ["int64", tensor("int64", [6], BigInt64Array.of(0n, 1n, 0n, 1n, 0n, 1n))],
    ["whole floats", float32([6], [0, 1, 0, 1, 0, 1])],
  ])("of type %s are taken", async (_, values) => {
    expect([...labelsOf((await load(labels(values))).train)]).toEqual([0, 1, 0, 1, 0, 1]);
  });
  it.each([
    [
      "fractions",
      float32([6], [0, 1, 0.5, 1, 0, 1]),
      /data\/train\/labels\.npy: row 2 \(from 0\) is 0\.5, not a whole number/,
    ],
    [
      "NaN in train",
      float32([6], [0, 1, 0, Number.NaN, 0, 1]),
      /1 labels are missing \(-1, NaN or empty\), the first at row 3/,
    ],
    ["below -1", int32([0, 1, -2, 1, 0, 1]), /row 2 .* is -2, negative/],
    ["beyond int32", tensor("int64", [6], BigInt64Array.of(0n, 2n ** 40n, 0n, 1n, 0n, 1n)), /row 1 .* too large/],
    ["rows without a 1", float32([6, 2], new Float32Array(12)), /shape \[6, 2\].*"target": \{"kind": "multilabel"\}/],
    [
      "rows of numbers",
      float32([6, 2], new Float32Array(12).fill(0.5)),
      /shape \[6, 2\].*"target": \{"kind": "regression"\}/,
    ],
    [
      "missing in training",
      int32([0, 1, -1, 1, -1, 1]),
      /2 labels are missing \(-1, NaN or empty\), the first at row 2/,
    ],
    [
      "a stray large one",
      int32([0, 1, 2000000000, 1, 0, 1]),
      /row 2: label 2000000000 means 2000000001 classes.*only 6/,
    ],
    ["one class", int32([0, 0, 0, 0, 0, 0]), /all 6 samples are of class 0/],
    ["counted from 1", int32([1, 2, 1, 2, 1, 2]), /no sample of class 0 .*subtract 1/],
    ["text", "train", /./],
  ])("%s are refused", async (_, values, message) => {
    const changes =
      typeof values === "string" ? { "train/labels": null, "train/labels.npy": decode(numpyText) } : labels(values);
    expect(await refused(changes)).toMatch(message);
  });
  it("may be missing in the test split", async () => {
    const splits = await load({ "test/labels": int32([-1, 1, 0, -1]) });
    expect([...labelsOf(splits.test)]).toEqual([-1, 1, 0, -1]);
  });
  it("a class only outside train is refused", async () => {
    expect(await refused({ "test/labels": int32([0, 1, 2, 1]) })).toMatch(/train\/labels\.npy: no sample of class 2/);
  });
  it("above the classes of dataset.json they are refused with the row", async () => {
    const message = await refused({
      "train/labels": int32([0, 1, 2, 1, 0, 1]),
      "dataset.json": '{"classes": ["a", "b"]}',
    });
    expect(message).toMatch(
      /row 2 \(from 0\) has label 2; there are 2 classes, so labels are 0\.\.1 \(do they count from 1/,
    );
  });
  it("class names of tables are sorted, or follow dataset.json; empty is missing", async () => {
    const text = "split,label,x\ntrain,up,1\ntrain,down,2\nvalid,up,3\ntest,,4\ntest,down,6\n";
    const onWarning = (): void => {};
    const sorted = await loadDataset(await textFolder({ "data.csv": text }), { onWarning });
    expect(classesOf(sorted.train)).toEqual(["down", "up"]);
    expect([...labelsOf(sorted.train), ...labelsOf(sorted.test)]).toEqual([1, 0, -1, 0]);
    const given = await textFolder({ "data.csv": text, "dataset.json": '{"classes": ["up", "down"]}' });
    expect([...labelsOf((await loadDataset(given, { onWarning })).train)]).toEqual([0, 1]);
    const other = await textFolder({ "data.csv": text, "dataset.json": '{"classes": ["up", "dawn"]}' });
    expect((await rejected(loadDataset(other))).message).toMatch(/row 1 .*unknown class "down"; did you mean "dawn"/);
  });
});

describe("bad data cannot get through", () => {
  const sound = float32(
    [6, 2],
    new Float32Array(12).map((_, i) => i),
  );
  it.each<[string, Changes, RegExp]>([
    [
      "rows that differ",
      { "train/sound": float32([5, 2]) },
      /data\/train\/sound\.npy holds 5 rows, data\/train\/labels\.npy 6/,
    ],
    [
      "NaN",
      {
        "train/sound": float32(
          [6, 2],
          sound.data.map((v, i) => (i > 8 ? Number.NaN : v)),
        ),
      },
      /train\/sound\.npy: 3 of 12 .* row 4, column 1/,
    ],
    [
      "more rows than labels",
      { "valid/sound": float32([4, 2]) },
      /data\/valid\/sound\.npy holds 4 rows, data\/valid\/labels\.npy 3/,
    ],
    [
      "overflow of float32",
      { "train/sound": tensor("float64", [6, 2], new Float64Array(12).fill(1e300)) },
      /12 of 12 .*as float32.*Infinity/,
    ],
    [
      "other features in test",
      { "test/sound": float32([4, 3]) },
      /test\/sound\.npy: has the shape \[4, 3\], data\/train\/sound\.npy \[6, 2\]/,
    ],
    ["another number of axes", { "valid/picture": float32([3, 4]) }, /valid\/picture\.npy: has the shape \[3, 4\]/],
    [
      "no features",
      Object.fromEntries(["train", "valid", "test"].map((s, i) => [`${s}/sound`, float32([[6, 3, 4][i]!, 0])])),
      /has no features/,
    ],
    [
      "a file missing in one split",
      { "valid/sound": null },
      /valid\/sound\.npy is missing; every split needs the same files/,
    ],
    ["labels missing", { "test/labels": null }, /test\/labels\.npy is missing/],
    [
      "an empty split",
      { "valid/sound": float32([0, 2]), "valid/picture": float32([0, 2, 2]), "valid/labels": int32([]) },
      /the validation split is empty/,
    ],
    [
      "text",
      { "train/sound": null, "train/sound.npy": decode(numpyText) },
      /train\/sound\.npy: holds text \(the first is "a"\)/,
    ],
    ["objects", { "train/sound": null, "train/sound.npy": decode(reference.bad.objects!) }, /unpickling runs code/],
    ["complex numbers", { "train/sound": null, "train/sound.npy": decode(reference.bad.complex!) }, /complex/],
    [
      "a split missing",
      Object.fromEntries(["labels", "sound", "picture"].map((n) => [`valid/${n}`, null])),
      /there is no folder valid\//,
    ],
    ["two folders for one split", { "validation/labels": int32([0]) }, /valid\/ and validation\/ are both/],
    ["an archive beside the folders", { "x.npz": new Uint8Array(0) }, /two data sets in one folder/],
    [
      "a name that cannot be used",
      { ...perSplit("my.features", (n) => float32([n, 1])) },
      /modality "my\.features": this name cannot be used/,
    ],
    [
      "nothing but labels",
      Object.fromEntries(
        Object.keys(smallArrays())
          .filter((k) => !k.endsWith("labels"))
          .map((k) => [k, null]),
      ),
      /no array of features beside the labels \(found: none\)/,
    ],
    ["a scalar", { "train/sound": float32([], [1]) }, /has the shape \[\]|shape \[4, 2\]|shape/],
  ])("%s", async (_, changes, message) => {
    const error = await rejected(load(changes));
    expect(error.code).toBe("DataError");
    expect(error.message).toMatch(message);
  });

  it("an empty folder, with what is needed", async () => {
    const message = (await rejected(loadDataset(await textFolder({ "notes.txt": "" })))).message;
    expect(message).toMatch(/no data set here, found notes\.txt\. Needed is/);
  });
  it("archives: unknown keys, missing arrays, one key twice", async () => {
    const { report } = await readDataset(await archiveFolder("/", { meta: float32([1]) }));
    expect(report.taken.leftOut).toEqual([{ name: "meta", reason: expect.stringMatching(/begins with no split/) }]);
    expect((await rejected(loadDataset(await archiveFolder("/", { valid_labels: int32([0]) })))).message).toMatch(
      /mean the same/,
    );
    const message = (
      await rejected(
        loadDataset(await archiveFolder("/"), { modalities: ["sound"] })
          .then(() => archiveFolder("/", { "train/more": float32([6, 1]) }))
          .then((folder) => loadDataset(folder)),
      )
    ).message;
    expect(message).toMatch(/there is no array "valid\/more"/);
  });
  it.each([
    ["no label column", { "data.csv": "split,x\ntrain,1\n" }, /no column "label"/],
    ["no split column", { "data.csv": "label,x\na,1\n" }, /nothing assigns samples.*--split-seed 0/],
    [
      "an unknown split",
      { "data.csv": "split,label,x\ntrian,a,1\n" },
      /line 2, column split is "trian"; did you mean "train"/,
    ],
    [
      "a text column",
      { "data.csv": "split,label,x\ntrain,a,big\nvalid,b,1\ntest,a,1" },
      /line 2, column x is "big", not a number/,
    ],
    [
      "a text among the rows of a later split",
      { "data.csv": "split,label,x\ntest,a,1\ntrain,a,1\ntrain,b,2\nvalid,b,small\n" },
      /line 5, column x is "small"/,
    ],
    [
      "NaN",
      { "data.csv": "split,label,x.0,x.1\ntrain,a,1,2\ntrain,b,1,nan\nvalid,b,1,1\ntest,a,1,1" },
      /x of the train split: 1 of 4 .*row 1, column 1/,
    ],
    [
      "fractional labels",
      { "data.csv": "split,label,x\ntrain,0,1\ntrain,1.5,1\nvalid,0,1\ntest,0,1" },
      /row 1 .*1\.5, not a whole/,
    ],
    ["a missing table", { "train.csv": "label,x\n0,1\n", "test.csv": "label,x\n0,1\n" }, /valid\.csv is missing/],
    [
      "two kinds of table",
      { "data.csv": "split,label,x\ntrain,a,1", "train.csv": "label,x\n0,1\n" },
      /are side by side/,
    ],
    [
      "two validation tables",
      { "train.csv": "label,x\n0,1\n", "valid.csv": "label,x\n0,1\n", "validation.csv": "label,x\n0,1\n" },
      /both the validation split/,
    ],
    [
      "other columns in one split",
      { "train.csv": "label,x\n0,1\n1,2\n", "valid.csv": "label,y\n0,1\n", "test.csv": "label,x\n0,1\n" },
      /valid\.csv: the column "x" of modality "x" is missing here.*--leave-out x/,
    ],
    [
      "a split without rows",
      { "data.csv": "split,label,x\ntrain,0,1\ntrain,1,2\nvalid,0,1" },
      /the test split is empty/,
    ],
  ])("tables: %s", async (_, files, message) => {
    const error = await rejected(loadDataset(await textFolder(files as unknown as Record<string, string>)));
    expect(error.code).toBe("DataError");
    expect(error.message).toMatch(message);
  });
});

describe("options of another kind", () => {
  it.each([
    [{ modalities: ["sound", 3] }, /^readDataset\.modalities\.1: /],
    [{ modalities: "sound" }, /^readDataset\.modalities: "sound" given; allowed is a list of names/],
    [{ leaveOut: { sound: true } }, /^readDataset\.leaveOut: \{"sound":true\} given; allowed is a list of names/],
    [{ label: 4 }, /^readDataset\.label: 4 given; allowed is the name of a column or array/],
    [{ group: ["mote"] }, /^readDataset\.group: \["mote"\] given; allowed is the name of a column or array/],
    [{ split: { seed: 0, shares: null } }, /^readDataset\.split\.shares: null given; allowed is a list of shares/],
    [{ split: { seed: -1 } }, /^readDataset\.split\.seed: -1 given; allowed is a whole number from 0/],
  ])("%j is refused before anything is read", async (options, message) => {
    const { code, message: told } = await readDataset(memoryFolder(), options as never).catch((error) => error);
    expect([code, told]).toEqual(["ConfigError", expect.stringMatching(message)]);
  });
});
