/** @file How a folder of data is to be read, where that is not left to the folder: what flags, settings and dataset.json may all say. */
import * as z from "zod";
import { shown } from "../core/keys.ts";
import { parseOptions } from "../core/options.ts";

/** How data without a split of its own is split: shares of train, validation and test, and the seed of the draw. */
export interface SplitRequest {
  /** 0. */
  readonly seed: number;
  /** Of train, validation and test; 0.7, 0.15, 0.15. */
  readonly shares: readonly number[];
}

/** How to read a folder; each of these goes before what dataset.json says. */
export interface ReadOptions {
  /** Which modalities, in which order. */
  readonly modalities?: readonly string[] | undefined;
  /** Modalities, columns or arrays that are no features. */
  readonly leaveOut?: readonly string[] | undefined;
  /** The array or column that is to be predicted; several columns where the target is labels or values. */
  readonly label?: string | readonly string[] | undefined;
  /** The array, file or column of groups. */
  readonly group?: string | undefined;
  /** For data without a split of its own. */
  readonly split?: SplitRequest | undefined;
  /** Data that has a split of its own keeps it, instead of refusing `split`. */
  readonly keepSplit?: boolean | undefined;
}

/** What settings of a run hold of this. */
export const READING = ["modalities", "leaveOut", "label", "group", "split"] as const;

/** Of settings, what says how to read their data. */
export function readingOf(settings: ReadOptions): ReadOptions {
  return Object.fromEntries(READING.flatMap((key) => (settings[key] === undefined ? [] : [[key, settings[key]]])));
}

const EXAMPLE = "[0.7, 0.15, 0.15]";

const shares = z
  .array(z.number(), {
    error: ({ input }) => `${shown(input)} given; allowed is a list of shares, for example ${EXAMPLE}`,
  })
  .superRefine((given, context) => {
    const sum = given.reduce((a, b) => a + b, 0);
    if (given.length === 3 && given.every((own) => own > 0) && Math.abs(sum - 1) < 1e-6) return;
    context.addIssue(
      `[${given.join(", ")}] given; needed are three shares above 0 that sum to 1: of train, validation and test, for example ${EXAMPLE}`,
    );
  });

const seed: z.ZodType<number> = z.custom<number>((value) => Number.isSafeInteger(value) && (value as number) >= 0, {
  error: ({ input }) => `${shown(input)} given; allowed is a whole number from 0, for example 0`,
});

/** The schema of a split. */
export const splitSchema: z.ZodType<SplitRequest> = z.strictObject(
  {
    seed: seed.default(0),
    shares: shares.default([0.7, 0.15, 0.15]),
  },
  { error: ({ input }) => `${shown(input)} given; allowed is a split, for example {seed: 0, shares: ${EXAMPLE}}` },
);

const names: z.ZodType<readonly string[]> = z
  .array(z.string().min(1, "holds an empty name"), {
    error: ({ input }) => `${shown(input)} given; allowed is a list of names, for example [index, fold]`,
  })
  .min(1, "is empty; name something, or leave it out");

const label: z.ZodType<string | readonly string[]> = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
  error: ({ input }) => `${shown(input)} given; allowed is the name of a column or array, for example diagnosis`,
});

/** The schemas of what settings, experiments and dataset.json have in common. */
export const readingSchemas: {
  readonly leaveOut: z.ZodOptional<typeof names>;
  readonly label: z.ZodOptional<typeof label>;
  readonly split: z.ZodOptional<typeof splitSchema>;
} = {
  leaveOut: names.optional(),
  label: label.optional(),
  split: splitSchema.optional(),
};

const readingOptions: z.ZodType<ReadOptions> = z.object({
  ...readingSchemas,
  modalities: names.optional(),
  group: z
    .string({ error: ({ input }) => `${shown(input)} given; allowed is the name of a column or array` })
    .optional(),
  keepSplit: z.boolean().optional(),
});

/** What a caller gave, with the defaults of a split; other options are left out. @throws ConfigError for values of another kind. */
export function checkedReading(where: string, options: ReadOptions): ReadOptions {
  return parseOptions(readingOptions, options, where);
}
