/**
 * @file AV-MNIST as MultiBench has it: .npy files of pictures of digits and of spectrograms. Source: Liang et al., NeurIPS 2021, and
 * Vielzeuf et al., 2018. In that copy, part of the spectrograms does not belong to their labels; `avdigits` is made anew and does.
 */
import * as z from "zod";
import { dataError } from "../../core/errors.ts";
import { sizeOf } from "../../core/shape.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { openRows, readNpy } from "../lists.ts";
import { wholeOption } from "../options.ts";
import { defineRecipe, type Modality, type Part, type Recipe, type Sample } from "../recipe.ts";
import { requireFile, type Source } from "../source.ts";

const DIGITS = Array.from({ length: 10 }, (_, k) => String(k));

/** A row of an array of pictures, in the shape and scale that the encoders get. */
function scaled(what: string, shape: readonly number[], divisor: number): Modality {
  return {
    what,
    async read({ files: [file = ""], row = 0 }: Part, { source, once }) {
      const where = `${source.label}/${file}`;
      const array = await (await once(file, () => openRows(source, file))).row(row);
      if (array.data.length !== sizeOf(shape)) {
        throw dataError(`${where}: ${array.data.length} numbers a sample, ${sizeOf(shape)} are needed.`, { where });
      }
      return float32(
        shape,
        Array.from(array.data as ArrayLike<number | bigint>, (value) => Number(value) / divisor),
      );
    },
  };
}

const where = (folder: string, file: string): readonly [string, string] => [
  `${folder}/${file}`,
  `avmnist/${folder}/${file}`,
];

/** Pictures, in the folder `image` or, in other copies, `images`. */
function picturesOf(split: string): readonly [string, ...string[]] {
  const file = `${split}_data.npy`;
  return [...where("image", file), ...where("images", file)] as const as readonly [string, ...string[]];
}

/** Spoken and written digits in the weakened form of MultiBench. */
export const avmnist: Recipe = defineRecipe({
  name: "avmnist",
  summary: "spoken and written digits, weakened (AV-MNIST as MultiBench has it)",
  licence: "MNIST: CC BY-SA 3.0; recordings: Free Spoken Digit Dataset, CC BY-SA 4.0",
  size: "70,000 samples, 1.2 GB",
  get: "The file avmnist.zip that the README of pliang279/MultiBench links to; unpack it.",
  layout: ["image/{train,test}_data.npy, audio/{train,test}_data.npy", "train_labels.npy, test_labels.npy"],
  options: z.strictObject({
    valid: wholeOption(1, 5000).describe("number of training samples, the last ones, that become the validation split"),
  }),
  modalities: () => ({
    image: scaled("picture / 255 [28, 28]", [28, 28], 255),
    audio: scaled("spectrogram / 255 [112, 112]", [112, 112], 255),
  }),
  async list(source, { valid }) {
    const wanted = { recipe: "avmnist", what: "the arrays of AV-MNIST" };
    const lists: string[] = [];
    const samples: Sample[] = [];
    for (const split of ["train", "test"] as const) {
      const labels = requireFile(source, [`${split}_labels.npy`, `avmnist/${split}_labels.npy`], wanted);
      lists.push(labels);
      const targets = await labelsOf(source, labels);
      const files = { image: picturesOf(split), audio: where("audio", `${split}_data.npy`) };
      targets.forEach((target, row) => {
        const parts = Object.entries(files).map(([name, tried]) => {
          const found = tried.filter((path) => source.has(path)).slice(0, 1);
          return [name, { files: found, tried, row }] as const;
        });
        samples.push({
          id: `${split}-${String(row).padStart(5, "0")}`,
          split: split === "train" && row >= targets.length - valid ? "valid" : split,
          target,
          parts: Object.fromEntries(parts),
        });
      });
    }
    return { target: { kind: "multiclass", names: DIGITS }, samples, lists, notes: [BROKEN], odd: [] };
  },
});

const BROKEN =
  "In the copy that MultiBench links to, part of the spectrograms does not belong to their labels (they were stored in the order in which processes ended); " +
  "do not read its audio accuracy of 42 to 43 % as a property of the task. `dmil prepare avdigits` makes such data with the right order.";

async function labelsOf(source: Source, path: string): Promise<number[]> {
  const array: Tensor = await readNpy(source, path);
  return Array.from(array.data as ArrayLike<number | bigint>, (value, row) => {
    const label = Number(value);
    if (Number.isInteger(label) && label >= 0 && label < 10) return label;
    throw dataError(`${source.label}/${path}: row ${row} is ${label}; labels are digits, 0 to 9.`, { path });
  });
}
