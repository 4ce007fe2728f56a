import { describe, expect, it } from "vitest";
import { type Folder, memoryFolder } from "../../src/core/folder.ts";
import { float32, tensor } from "../../src/core/tensor.ts";
import { writeNpy } from "../../src/data/formats/npy.ts";
import { type InputOptions, readInputs } from "../../src/data/inputs.ts";
import { writeNpz } from "../support/npz.ts";
import { rejected } from "./fixtures/reference.ts";
import { archiveFolder, arrayFolder, smallSplits } from "./fixtures/small.ts";

const shapes = { picture: [2, 2], sound: [2] };
const { picture, sound } = smallSplits().test.modalities;
const refused = async (folder: Folder, options: Partial<InputOptions> = {}) =>
  (await rejected(readInputs(folder, { shapes, ...options }))).message;

async function loose(files: Record<string, Uint8Array | string>): Promise<Folder> {
  const folder = memoryFolder("new");
  for (const [name, bytes] of Object.entries(files)) await folder.write(name, bytes);
  return folder;
}

const arrays = { "picture.npy": writeNpy(picture!), "sound.npy": writeNpy(sound!) };
const wanted = { modalities: { picture, sound }, ids: ["0", "1", "2", "3"] };

describe("samples to predict need no target, no ids and no other splits", () => {
  it("loose arrays", async () =>
    expect((await readInputs(await loose(arrays), { shapes })).inputs).toMatchObject(wanted));
  it("with a target, which is no input", async () => {
    const folder = await loose({ ...arrays, "labels.npy": writeNpy(tensor("int32", [4], new Int32Array(4))) });
    const { inputs } = await readInputs(folder, { shapes });
    expect(Object.keys(inputs.modalities)).toEqual(["picture", "sound"]);
  });
  it("with ids", async () => {
    const { inputs } = await readInputs(await loose({ ...arrays, "ids.txt": "a\nb\nc\nd\n" }), { shapes });
    expect(inputs.ids).toEqual(["a", "b", "c", "d"]);
  });
  it("one archive", async () => {
    const folder = await loose({ "new.npz": writeNpz({ picture: picture!, sound: sound! }) });
    expect((await readInputs(folder, { shapes })).inputs).toMatchObject(wanted);
  });
  it("a table", async () => {
    const lines = Array.from({ length: 4 }, (_, row) => [...sound!.data.subarray(2 * row, 2 * row + 2)].join(","));
    const folder = await loose({ "new.csv": `sound_1,sound_2\n${lines.join("\n")}\n` });
    const { inputs, absent } = await readInputs(folder, { shapes: { sound: [2] } });
    expect([inputs.modalities.sound, absent]).toEqual([sound, []]);
  });
  it("only the test split of a folder", async () => {
    const folder = await loose(
      Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`test/${name}`, bytes])),
    );
    expect((await readInputs(folder, { shapes })).inputs).toMatchObject(wanted);
  });
  it("one split of three, by name", async () => {
    for (const folder of [await arrayFolder({}), await archiveFolder("/"), await archiveFolder("_")]) {
      const { inputs } = await readInputs(folder, { shapes, split: "validation" });
      expect(inputs.modalities).toEqual(smallSplits().validation.modalities);
    }
  });
});

it("a modality that the data does not hold is missing in every sample", async () => {
  const { inputs, absent } = await readInputs(await loose({ "sound.npy": arrays["sound.npy"] }), { shapes });
  expect(absent).toEqual(["picture"]);
  expect(inputs.present).toEqual({ picture: new Uint8Array(4) });
  expect(inputs.modalities.picture).toEqual(float32([4, 2, 2]));
});

it("integers that float32 rounds are told", async () => {
  const large = tensor(
    "int32",
    [4, 2],
    Int32Array.from({ length: 8 }, (_, i) => 2 ** 24 + 1 + 2 * i),
  );
  const { warnings } = await readInputs(await loose({ ...arrays, "sound.npy": writeNpy(large) }), { shapes });
  expect(warnings).toEqual([expect.stringMatching(/sound\.npy: 8 integers are too large for float32/)]);
});

describe("refuses", () => {
  it("data with none of the modalities", async () => {
    const folder = await loose({ "smell.npy": writeNpy(float32([1, 1])) });
    expect(await refused(folder)).toMatch(/none of the modalities picture, sound is here; found: smell/);
  });
  it("modalities of different lengths", async () => {
    const folder = await loose({ ...arrays, "sound.npy": writeNpy(float32([3, 2])) });
    expect(await refused(folder)).toMatch(/sound\.npy: 3 samples, but .*picture\.npy has 4/);
  });
  it("numbers that are not finite", async () => {
    const bad = float32([4, 2], [0, 1, 2, Number.NaN, 4, 5, 6, 7]);
    expect(await refused(await loose({ ...arrays, "sound.npy": writeNpy(bad) }))).toMatch(/row 1, column 1/);
  });
  it("a split that is not there", async () => {
    const folder = await loose(
      Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`test/${name}`, bytes])),
    );
    expect(await refused(folder, { split: "train" })).toMatch(/there is no folder train\//);
  });
  it("an empty folder", async () =>
    expect(await refused(memoryFolder("empty"))).toBe(
      "empty: no data set here, found nothing. Needed is an array of each modality (audio.npy), one .npz with them, or a .csv with the columns of the training data.",
    ));
});
