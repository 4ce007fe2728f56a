/** @file Settings that several kinds of generated data share. */
import * as z from "zod";

const count: z.ZodInt = z.int().min(1).max(10_000_000);

/** Samples of each split. */
export const sizesSchema: z.ZodObject<{ train: z.ZodInt; validation: z.ZodInt; test: z.ZodInt }, z.core.$strict> =
  z.strictObject({ train: count, validation: count, test: count });

const weight = z.number().min(0).max(1);

/** Shares of redundant, unique of the first, unique of the second, synergistic: they sum to 1. */
export const weightsSchema: z.ZodTuple<[z.ZodNumber, z.ZodNumber, z.ZodNumber, z.ZodNumber], null> = z
  .tuple([weight, weight, weight, weight])
  .refine((w) => Math.abs(w.reduce((a, b) => a + b, 0) - 1) < 1e-6, "the four weights must sum to 1");
