/** @file Schemas for the descriptions in model files and checkpoints: a checksum detects damage, but not a file that another program wrote. */
import * as z from "zod";
import { dataError } from "../core/errors.ts";
import { optionIssues } from "../core/options.ts";
import { ownValue } from "../core/record.ts";
import { currentKind, TARGET_KINDS } from "../data/kinds.ts";
import { encoderTypes } from "../encoders/index.ts";
import { MAX_MEMBERS } from "../methods/method.ts";
import { MODALITY_KINDS, NORMALIZE } from "../modalities/modality.ts";

/** A metric that is NaN or infinite is null in JSON. */
const figure = z.number().nullable();
const size = z.int().min(0);
const count = z.int().min(1);
const texts = z.array(z.string());
const scaling = z.looseObject({ scale: z.number(), doubt: z.number() });
const encoder = z.looseObject({ kind: z.string() }).superRefine((description, context) => {
  const type = ownValue(encoderTypes, description.kind);
  const issues = type === undefined ? [] : optionIssues(type.stored, description);
  for (const { path, message } of issues) context.addIssue({ code: "custom", path: [...path], message });
});

/**
 * The description in the form of this version: dmil-model-3 has former words for kinds, and classes beside the target; up to dmil-model-4 the
 * factors of the outputs are in the target.
 */
export function withCurrentNames(description: unknown): unknown {
  if (!isObject(description)) return description;
  const { target, classes, calibration } = description;
  if (!isObject(target)) {
    return classes === undefined ? description : { ...description, target: { kind: "multiclass", names: classes } };
  }
  const { scale, ...rest } = target;
  return {
    ...description,
    target: { ...rest, ...("kind" in rest && { kind: currentKind(rest.kind) }) },
    ...(scale !== undefined && isObject(calibration) && { calibration: { ...calibration, outputs: scale } }),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** The description of a model (evaluation/model.ts writes it). */
export const storedModel: z.ZodType = z.looseObject({
  format: z.string(),
  method: z.string(),
  description: z.looseObject({
    encoders: z.record(z.string(), encoder),
    options: z.looseObject({}),
    members: count.max(MAX_MEMBERS).optional(),
  }),
  target: z.looseObject({
    kind: z.enum(TARGET_KINDS),
    names: texts,
    units: z.looseObject({ mean: z.array(z.number()), deviation: z.array(z.number()) }).optional(),
  }),
  shapes: z.record(z.string(), z.array(size)),
  modalities: z
    .record(z.string(), z.looseObject({ kind: z.enum(MODALITY_KINDS), normalize: z.enum(NORMALIZE) }))
    .optional(),
  calibration: z.looseObject({
    logPrior: z.array(z.number()),
    prediction: scaling,
    all: scaling,
    modalities: z.record(z.string(), scaling),
    components: z.record(z.string(), z.number()).optional(),
    outputs: z
      .looseObject({ prediction: z.array(z.number()), modalities: z.record(z.string(), z.array(z.number())) })
      .optional(),
  }),
});

/** Older checkpoints call the sum of scores `correct`. */
export function withScore(position: unknown): unknown {
  const sums = typeof position === "object" && position !== null && "sums" in position ? position.sums : undefined;
  if (typeof sums !== "object" || sums === null || !("correct" in sums)) return position;
  const { correct, ...rest } = sums;
  return Object.assign({}, position, { sums: { score: correct, ...rest } });
}

/** The progress of a run (train/checkpoint.ts writes it). */
export const storedPosition: z.ZodType = z.looseObject({
  stage: size,
  epoch: size,
  batch: size,
  step: size,
  schedule: z.looseObject({ factor: z.number() }),
  best: z.looseObject({ epoch: size }).optional(),
  sums: z.looseObject({ samples: z.number(), score: figure, terms: z.array(figure) }),
  history: z.array(
    z.looseObject({ stage: z.string(), epoch: size, epochs: size, best: z.looseObject({ epoch: size }) }),
  ),
  finished: z.boolean(),
  failed: z.string().optional(),
});

/** Parses a JSON text of a file. @throws DataError if it is not JSON or does not match the schema. `current` turns older forms into that of this version. */
export function storedValue<T>(
  text: string,
  schema: z.ZodType,
  where: string,
  current: (stored: unknown) => unknown = (stored) => stored,
): T {
  let value: unknown;
  try {
    value = current(JSON.parse(text));
  } catch {
    throw dataError(
      `${where}: the file's description is not JSON; no version of dmil wrote it. Use an unchanged copy.`,
      { where },
    );
  }
  const [issue] = optionIssues(schema, value);
  if (issue === undefined) return value as T;
  throw dataError(
    `${where}: the file's description is invalid (${issue.path.join(".")}: ${issue.message}); no version of dmil wrote it. Use an unchanged copy.`,
    { where },
  );
}
