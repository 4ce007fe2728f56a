/** @file UCF101: 101 actions in video, as pictures, optical flow and differences of frames (Soomro et al., 2012). */
import * as z from "zod";
import { configError, dataError, hint } from "../../core/errors.ts";
import { oneOf } from "../../core/options.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { readLines } from "../lists.ts";
import { seedOption, shareOption, wholeOption } from "../options.ts";
import { defineRecipe, type Modality, type Part, type Recipe, type Sample } from "../recipe.ts";

import { withValidation } from "../splits.ts";
import { clipFiles, findList, middles, readPictures, stack, stemOf } from "./clips.ts";

/** Clips of train and test in the three published splits. */
const PUBLISHED: Readonly<Record<string, readonly [number, number]>> = {
  "1": [9537, 3783],
  "2": [9586, 3734],
  "3": [9624, 3696],
};

const MODALITIES = ["rgb", "flow", "difference"] as const;

const options = z.strictObject({
  split: oneOf("1", "2", "3").default("1").describe("which of the published splits"),
  modalities: z
    .string()
    .default("rgb,flow")
    .describe("some of rgb, flow (pictures in folders u and v), difference (of the frame and the next one)"),
  frames: wholeOption(1, 3).describe("frames of a clip, the middle of each of so many parts"),
  size: wholeOption(1, 224).describe("height and width of a frame"),
  valid: shareOption("0.1").describe("share of train that becomes the validation split; groups of clips stay together"),
  seed: seedOption("seed of the validation split"),
});
type Options = z.output<typeof options>;

export const ucf101: Recipe = defineRecipe({
  name: "ucf101",
  summary: "101 actions as frames, optical flow and differences of frames (UCF101)",
  licence: "for research; see the page of the data set",
  size: "13,320 clips, 7 GB; optical flow 17 GB",
  get: "UCF-101 and its lists (ucfTrainTestlist) from the page of the Center for Research in Computer Vision; flow as pictures of the TV-L1 release, folders u and v.",
  layout: [
    "UCF-101/<Class>/v_<Class>_g<NN>_c<NN>.avi, or folders of frames v_<Class>_g<NN>_c<NN>/*.jpg",
    "flow: .../u/<clip>/frame<N>.jpg and .../v/<clip>/frame<N>.jpg",
    "ucfTrainTestlist/classInd.txt, trainlist0<N>.txt, testlist0<N>.txt",
  ],
  options,
  modalities: (given) => Object.fromEntries(chosen(given).map((name) => [name, modalityOf(name, given)])),
  async list(source, given) {
    const { split, valid, seed } = given;
    const index = findList(source, ["classInd.txt"], "ucf101", "the list of classes");
    const classes = (await readLines(source, index)).map((line) => line.replace(/^\d+\s+/, ""));
    const numberOf = new Map(classes.map((name, k) => [name.toLowerCase(), k]));
    const notes = classes.length === 101 ? [] : [`${index} has ${classes.length} classes, the published list 101.`];
    const rgb = clipFiles(source, (file) => !isFlow(file));
    const flow = {
      u: clipFiles(source, (file) => isFlow(file, "u")),
      v: clipFiles(source, (file) => isFlow(file, "v")),
    };
    const samples: Sample[] = [];
    const lists = [index];
    for (const [part, file] of [
      ["train", `trainlist0${split}.txt`],
      ["test", `testlist0${split}.txt`],
    ] as const) {
      const path = findList(source, [file], "ucf101", "the published split");
      lists.push(path);
      const lines = await readLines(source, path);
      const expected = PUBLISHED[split]![part === "train" ? 0 : 1];
      if (lines.length !== expected) notes.push(`${path} has ${lines.length} clips, the published list ${expected}.`);
      for (const line of lines) {
        const clip = stemOf(line.split(/\s+/)[0]!);
        const [, name = "", group = ""] = /^v_(.+)_g(\d+)_c\d+$/i.exec(clip) ?? [];
        // The folder HandstandPushups has files v_HandStandPushups_..., so names are compared without letter case.
        const target = numberOf.get(name.toLowerCase());
        if (target === undefined) {
          throw dataError(`${source.label}/${path}: "${line.slice(0, 60)}" names no clip of a class in ${index}.`, {
            line,
          });
        }
        const own: Readonly<Record<(typeof MODALITIES)[number], () => Part>> = {
          rgb: () => rgb.frames([clip]),
          flow: () => together(flow.u.frames([clip]), flow.v.frames([clip])),
          difference: () => rgb.frames([clip]),
        };
        const parts = Object.fromEntries(chosen(given).map((modality) => [modality, own[modality]()]));
        samples.push({ id: clip, split: part, group: `${classes[target]}_g${group}`, target, parts });
      }
    }
    const known = new Set(samples.map(({ id }) => id.toLowerCase()));
    return {
      target: { kind: "multiclass", names: classes },
      samples: withValidation(samples, valid, seed),
      lists,
      notes,
      odd: rgb.odd(known),
    };
  },
});

function chosen({ modalities }: Options): (typeof MODALITIES)[number][] {
  return modalities.split(",").map((word) => {
    const name = MODALITIES.find((own) => own === word.trim());
    if (name === undefined) throw configError(`ucf101.modalities: unknown modality "${word}"${hint(word, MODALITIES)}`);
    return name;
  });
}

/** Is a picture below a folder of flow? */
function isFlow(file: string, axis?: "u" | "v"): boolean {
  const folders = file.split("/").slice(0, -2);
  return axis === undefined ? folders.includes("u") || folders.includes("v") : folders.includes(axis);
}

/** Both directions of the flow, u first; one of them alone is no flow. */
function together(u: Part, v: Part): Part {
  const complete = u.files.length > 0 && u.files.length === v.files.length;
  const tried = [...(u.tried ?? []), ...(v.tried ?? [])].map(
    (path, i, all) => `${i < all.length / 2 ? "u" : "v"}/${path}`,
  );
  return { files: complete ? [...u.files, ...v.files] : [], tried };
}

function modalityOf(name: (typeof MODALITIES)[number], { frames, size }: Options): Modality {
  const picture = { width: size, height: size, channels: 3 } as const;
  const pick = middles(frames);
  if (name === "rgb") {
    return {
      what: `${frames} frames [${frames}, ${size}, ${size}, 3]`,
      read: ({ files }, tools) => readPictures(files, pick, picture, tools),
    };
  }
  if (name === "flow") {
    return {
      what: `optical flow as pictures, 128 is no motion [${frames}, ${size}, ${size}, 2]`,
      async read({ files }, tools) {
        const half = files.length / 2;
        const grey = { ...picture, channels: 1 } as const;
        const u = await readPictures(files.slice(0, half), pick, grey, tools);
        const v = await readPictures(files.slice(half), pick, grey, tools);
        return interleaved(u, v);
      },
    };
  }
  return {
    what: `next frame minus frame [${frames}, ${size}, ${size}, 3]`,
    async read({ files }, tools) {
      const pairs = (count: number): number[] =>
        pick(Math.max(1, count - 1)).flatMap((i) => [i, Math.min(i + 1, count - 1)]);
      return differences(await readPictures(files, pairs, picture, tools));
    },
  };
}

/** Two arrays [F, H, W, 1] as [F, H, W, 2]. */
function interleaved(u: Tensor, v: Tensor): Tensor {
  const data = Uint8Array.from({ length: 2 * u.data.length }, (_, i) => Number((i % 2 === 0 ? u : v).data[i >> 1]));
  return tensor("uint8", [...u.shape.slice(0, -1), 2], data);
}

/** Frames in pairs [2 F, H, W, C] as differences [F, H, W, C] from -255 to 255. */
function differences(frames: Tensor): Tensor {
  const [count = 0, ...shape] = frames.shape;
  const width = frames.data.length / count;
  const each = Array.from({ length: count / 2 }, (_, f) =>
    tensor(
      "int16",
      shape,
      Int16Array.from(
        { length: width },
        (_, i) => Number(frames.data[(2 * f + 1) * width + i]) - Number(frames.data[2 * f * width + i]),
      ),
    ),
  );
  return stack(each);
}
