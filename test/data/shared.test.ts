import { describe, expect, it } from "vitest";
import { loadDataset, readDataset } from "../../src/data/load.ts";
import { fitTransforms, transformed } from "../../src/modalities/index.ts";
import { hasSharedData, readOnlyDisk, sharedData } from "./fixtures/reference.ts";

if (!hasSharedData) console.warn("skipped: the shared data sets are not beside this checkout (../shared/data)");

/** Feature shapes and class counts as the sets' own READMEs give them; constant train columns as NumPy counts them. */
const SETS = [
  {
    name: "avdigits",
    modalities: { audio: [24, 20], audio_noisy: [24, 20], image: [28, 28], image_pca: [4] },
    constant: { image: 147 },
    train: new Array(10).fill(240),
    validation: new Array(10).fill(60),
    test: new Array(10).fill(120),
  },
  {
    name: "indoor-outdoor-sensors",
    modalities: { humidity: [1], temperature: [1] },
    constant: {},
    train: [6048, 5300],
    validation: [1008, 884],
    test: [3024, 2650],
  },
  {
    name: "mfeat",
    modalities: { fac: [216], fou: [76], kar: [64], mor: [6], pix: [240], zer: [47] },
    constant: {},
    train: new Array(10).fill(120),
    validation: new Array(10).fill(40),
    test: new Array(10).fill(40),
  },
  {
    name: "mosi",
    modalities: { audio: [73], text: [100], video: [100] },
    constant: { audio: 1, video: 32 },
    train: [636, 542],
    validation: [102, 167],
    test: [285, 467],
  },
  {
    name: "racketsports",
    modalities: { accelerometer: [30, 3], gyroscope: [30, 3] },
    constant: {},
    train: [34, 31, 27, 28],
    validation: [9, 8, 7, 7],
    test: [43, 40, 34, 35],
  },
  {
    name: "wikipedia-image-text",
    modalities: { image: [128], text: [10] },
    constant: {},
    train: [110, 218, 195, 198, 162, 142, 149, 115, 171, 278],
    validation: [28, 54, 49, 50, 40, 36, 37, 29, 43, 69],
    test: [34, 88, 96, 85, 65, 58, 51, 41, 71, 104],
  },
];

describe.skipIf(!hasSharedData)("the shared sets", () => {
  it.each(SETS)("$name loads as its README says, and can be standardised", async (set) => {
    const { splits, report } = await readDataset(readOnlyDisk(new URL(`${set.name}/`, sharedData), set.name));
    const shapes = Object.entries(report.modalities).map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual(Object.entries(set.modalities));
    for (const split of ["train", "validation", "test"] as const)
      expect(report.splits[split].counts).toEqual(set[split]);
    const constant = Object.entries(report.modalities)
      .filter(([, { constantColumns }]) => constantColumns.length > 0)
      .map(([name, { constantColumns }]) => [name, constantColumns.length]);
    expect(constant).toEqual(Object.entries(set.constant));
    const side = report.warnings.filter((text) => /side information/.test(text));
    expect(side).toHaveLength(set.name === "indoor-outdoor-sensors" ? 2 : 0);

    const scaled = transformed(splits.test, fitTransforms(splits.train));
    for (const { data } of Object.values(scaled)) {
      let largest = 0;
      for (const value of data) largest = Math.max(largest, Math.abs(value));
      expect(largest).toBeLessThanOrEqual(10);
      expect(largest).toBeGreaterThan(0.5);
    }
  });

  it("one modality of avdigits can be read alone", async () => {
    const folder = readOnlyDisk(new URL("avdigits/", sharedData), "avdigits");
    const reads: string[] = [];
    const read = (path: string): Promise<Uint8Array> => {
      reads.push(path);
      return folder.read(path);
    };
    const counting = { ...folder, read };
    const splits = await loadDataset(counting, { modalities: ["image_pca"], onWarning: () => {} });
    expect(splits.train.modalities.image_pca!.shape).toEqual([2400, 4]);
    expect(reads.filter((path) => path.endsWith(".npy"))).toHaveLength(6);
  });
});
