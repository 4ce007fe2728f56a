/** @file The options of the recipe for a set of one's own. */
import * as z from "zod";
import { oneOf } from "../../core/options.ts";
import { TARGET_KINDS, type TargetKind } from "../../data/kinds.ts";
import { presetOption, seedOption, sharesOption, wholeOption } from "../options.ts";

const text = z.string().min(1);

/** The options with fixed names. */
interface Fixed {
  readonly labels: string | undefined;
  readonly label: string;
  readonly id: string;
  readonly group: string;
  readonly split: string;
  readonly others: string | undefined;
  readonly name: string | undefined;
  readonly target: TargetKind;
  readonly classes: string | undefined;
  readonly "train-list": string | undefined;
  readonly "valid-list": string | undefined;
  readonly "test-list": string | undefined;
  readonly shares: readonly [number, number, number];
  readonly seed: number;
  readonly preset: string;
  readonly size: number;
  readonly frames: number;
  readonly grey: boolean;
}
type Shape = { readonly [K in keyof Fixed]: z.ZodType<Fixed[K]> };

const shape: Shape = {
  labels: text.optional().describe("table of the samples below SOURCE, with a header: labels.csv"),
  label: text.default("label").describe("its column of the target, or several: happy,sad"),
  id: text.default("id").describe("its column of the ids, the {id} of the patterns"),
  group: text.default("group").describe("its column of the groups, which stay in one part of a split"),
  split: text.default("split").describe("its column of the splits: train, valid (val, dev), test"),
  others: text.optional().describe("its columns with other labels, kept beside the target: speaker,sex"),
  name: text
    .optional()
    .describe("regular expression on the id with groups label, group and split: (?<label>\\d)_(?<group>[a-z]+)_"),
  target: oneOf(...TARGET_KINDS)
    .default("multiclass")
    .describe("kind of the target"),
  classes: text.optional().describe("names of the classes in the order of their numbers: no,yes; default: sorted"),
  "train-list": text.optional().describe("file with one id a line; with valid-list and test-list"),
  "valid-list": text.optional().describe("the same for the validation split; without it, a part of train is drawn"),
  "test-list": text.optional().describe("the same for the test split"),
  shares: sharesOption.default([0.7, 0.15, 0.15]).describe("shares of a split that is drawn"),
  seed: seedOption("seed of a split that is drawn"),
  preset: presetOption("logmel"),
  size: wholeOption(1, 64).describe("height and width of pictures"),
  frames: wholeOption(1, 1).describe("pictures of a sample with several (* in the pattern), and of a video"),
  grey: z
    .preprocess((value) => (value === "true" ? true : value === "false" ? false : value), z.boolean())
    .default(false)
    .describe("pictures with one channel"),
};

/** The schema; every option that is not in it is a modality. */
export const folderOptions: z.ZodObject<Shape, z.core.$catchall<z.ZodString>> = z.object(shape).catchall(z.string());
export type FolderOptions = z.output<typeof folderOptions>;

/** Names that are no modalities. */
export const KNOWN: readonly string[] = Object.keys(shape);
