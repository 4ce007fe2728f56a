/** @file Options of reading a folder that flags, settings and dataset.json have in common, and their schemas. */
import * as z from "zod";
import { shown } from "../core/keys.ts";
import { parseOptions } from "../core/options.ts";

/** How to split data that has no split: shares of train, validation and test, and the seed. */
export interface SplitRequest {
  /** 0. */
  readonly seed: number;
  /** Shares of train, validation and test; 0.7, 0.15, 0.15. */
  readonly shares: readonly number[];
}

/** How to read a folder; each option takes precedence over dataset.json. */
export interface ReadOptions {
  /** The modalities to read, in this order. */
  readonly modalities?: readonly string[] | undefined;
  /** Modalities, columns or arrays to exclude. */
  readonly leaveOut?: readonly string[] | undefined;
  /** The array or column to predict; several columns when the target is labels or values. */
  readonly label?: string | readonly string[] | undefined;
  /** The array, file or column of groups. */
  readonly group?: string | undefined;
  /** How to split data that has no split. */
  readonly split?: SplitRequest | undefined;
  /** When the data already has a split, ignore `split` instead of throwing an error. */
  readonly keepSplit?: boolean | undefined;
}

/** The reading options within the settings of a run. */
export const READING = ["modalities", "leaveOut", "label", "group", "split"] as const;

/** Extracts the reading options from settings. */
export function readingOf(settings: ReadOptions): ReadOptions {
  return Object.fromEntries(READING.flatMap((key) => (settings[key] === undefined ? [] : [[key, settings[key]]])));
}

const EXAMPLE = "[0.7, 0.15, 0.15]";

const shares = z
  .array(z.number(), {
    error: ({ input }) => `${shown(input)} given; allowed is a list of shares, for example ${EXAMPLE}`,
  })
  .superRefine((shares, context) => {
    const sum = shares.reduce((a, b) => a + b, 0);
    if (shares.length === 3 && shares.every((share) => share > 0) && Math.abs(sum - 1) < 1e-6) return;
    context.addIssue(
      `[${shares.join(", ")}] given; needed are three shares above 0 that sum to 1: of train, validation and test, for example ${EXAMPLE}`,
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

/** The schemas that settings, experiments and dataset.json have in common. */
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

/** The caller's reading options with the defaults of a split; other options are left out. @throws ConfigError for invalid values. */
export function checkedReading(where: string, options: ReadOptions): ReadOptions {
  return parseOptions(readingOptions, options, where);
}
