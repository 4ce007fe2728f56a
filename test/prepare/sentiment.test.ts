/** @file MOSI and MOSEI from small pickles in the layouts of MulT and MMSA (scripts/golden-prepare.py). */
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { arrayOf, loaded, planOf, prepareFiles } from "./support.ts";

const place = path.join(import.meta.dirname, "fixtures/sentiment.json");
const stored = JSON.parse(readFileSync(place, "utf8")) as Readonly<
  Record<"mult" | "multBytes" | "mmsa" | "fortran", string>
>;
const bytes = (name: keyof typeof stored): Uint8Array => new Uint8Array(Buffer.from(stored[name], "base64"));

/** The steps of audio of sample i: i % 3 + 1 of them. */
function audio(i: number): number[] {
  return Array.from({ length: (i % 3) + 1 }, (_, t) => [i + 1 + t, i + 1 + t + 1 / 8]).flat();
}

test.each(["mult", "multBytes", "mmsa", "fortran"] as const)(
  "%s: steps without padding, lengths, videos as groups",
  async (name) => {
    const isMult = name.startsWith("mult");
    const file = isMult ? "mosi_data_noalign.pkl" : "MOSI/Processed/unaligned_50.pkl";
    const made = await prepareFiles("mosi", { [file]: bytes(name) }, { options: { target: "regression" } });
    expect(made.prepared.samples).toEqual({ train: 6, valid: 6, test: 6 });
    expect(made.prepared.modalities.audio).toMatchObject({ shape: [3, 2], sequence: true, dtype: "float32" });
    expect(made.prepared.modalities.text?.shape).toEqual([3, 4]);
    expect(made.plan.samples[3]).toMatchObject({ id: "train-00003-video1", group: "video1", target: [0.5] });
    const lengths = await arrayOf(made.store, "train/audio_lengths.npy");
    expect(Array.from(lengths.data as Int32Array)).toEqual([1, 2, 3, 1, 2, 3]);
    const values = Array.from((await arrayOf(made.store, "train/audio.npy")).data as Float32Array);
    for (let i = 0; i < 6; i++) {
      const expected = audio(i);
      // In the files of MulT, the last step of sample 2 is -inf.
      if (isMult && i === 2) expected[4] = 0;
      expect(values.slice(6 * i, 6 * i + expected.length)).toEqual(expected);
      expect(values.slice(6 * i + expected.length, 6 * i + 6).every((value) => value === 0)).toBe(true);
    }
    const { splits } = await loaded(made);
    expect(splits.test.target).toMatchObject({ kind: "regression", names: ["sentiment"] });
    expect(Array.from(splits.test.target.values.data)).toEqual([-3, -0.5, 0, 0.5, 1.5, 3]);
    expect(made.plan.notes[0]).toBe("train has 6 samples, that of MMSA 1284.");
  },
);

test.each([
  ["zero-positive", [0, 0, 1, 1, 1, 1]],
  ["zero-negative", [0, 0, 0, 1, 1, 1]],
  ["non-zero", [0, 0, 1, 1, 1]],
  ["seven-even", [0, 3, 3, 3, 5, 6]],
  ["seven-away", [0, 2, 3, 4, 5, 6]],
])("the convention %s", async (target, expected) => {
  const plan = await planOf("mosei", { "mosei_senti_data.pkl": bytes("mult") }, { options: { target } });
  const train = plan.samples.filter(({ split }) => split === "train");
  expect(train.map((sample) => sample.target)).toEqual(expected);
});

test("the convention has no default; wrong and damaged files are named", async () => {
  const files = { "unaligned_50.pkl": bytes("mmsa") };
  await expect(planOf("mosi", files)).rejects.toThrow(
    "mosi.target: nothing given; allowed is one of regression, zero-positive, zero-negative, non-zero, seven-even, seven-away",
  );
  await expect(planOf("mosi", { "mosi_data.pickle": "" }, { options: { target: "regression" } })).rejects.toThrow(
    "raw: not found: a pickle of MOSI; tried raw/mosi_data_noalign.pkl, raw/mosi_data.pkl, raw/MOSI/Processed/unaligned_50.pkl",
  );
  const cut = { "mosi_data.pkl": bytes("mult").slice(0, 900) };
  await expect(planOf("mosi", cut, { options: { target: "regression" } })).rejects.toThrow(/raw\/mosi_data\.pkl.*byte/);
});
