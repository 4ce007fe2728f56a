/**
 * @file Distillation: a frozen model's outputs on the training samples add loss terms to those of any method. Source: Hinton et al. 2015 (distillation), Romero et al. 2015 (representations). Differs: there is no temperature, as the teacher's
 * probabilities are those of its calibration.
 */

import { configError, DmilError, dataError, listing, shapeError } from "../core/errors.ts";
import { checkOptions, shown } from "../core/keys.ts";
import { ownValue } from "../core/record.ts";
import { formatShape, sameShape } from "../core/shape.ts";
import type { Dataset } from "../data/dataset.ts";
import { inMemory, type Rows, type Sources } from "../engine/rows.ts";
import type { Fitted } from "../evaluation/model.ts";
import { type PredictOptions, predict } from "../evaluation/predict.ts";
import { requireSameTarget } from "../evaluation/score.ts";
import { asLeaf, type Expr, leaf, topological } from "../graph/expr.ts";
import { grad } from "../graph/grad.ts";
import { add, at, concat, mean, stack } from "../graph/ops/index.ts";
import type { BuildInput, Method, Outputs, Stage, StepContext, Terms } from "../methods/method.ts";
import { linear } from "../nn/linear.ts";
import { meanSquaredError } from "../nn/losses.ts";
import { targetTypes } from "../targets/index.ts";
import type { Source } from "../targets/target.ts";

/** The outputs of a teacher that can be distilled. */
export const TAUGHT = ["prediction", "components", "representations"] as const;
export type Taught = (typeof TAUGHT)[number];

/** A frozen model whose outputs are learnt in addition to the target. */
export interface TeacherOptions {
  readonly model: Fitted;
  /** Weight of each of the teacher's loss terms. Default 1. */
  readonly weight?: number;
  /**
   * The outputs to learn. Default: only the prediction. A component of the method learns the teacher's component of the same name. Other
   * components and representations are predicted from the method's representations by one linear head each, which is dropped after training.
   */
  readonly of?: readonly Taught[];
}

/** A teacher's outputs for the training samples, computed once for all epochs. */
export interface DistillationTargets {
  /** Rows by input leaf. */
  readonly sources: Sources;
  readonly weight: number;
  readonly prediction: boolean;
  /** Names of components, and widths of representations by name. */
  readonly components: readonly string[];
  readonly representations: Readonly<Record<string, number>>;
}

/** Prefix of the parameters of heads that are dropped after training, and of the leaves of the teacher's outputs. */
const PREFIX = "teacher.";
const PREDICTION = `${PREFIX}prediction`;
const componentLeaf = (name: string): string => `${PREFIX}component.${name}`;
const representationLeaf = (name: string): string => `${PREFIX}representation.${name}`;

/** Whether a parameter serves only to learn from the teacher. */
export const isAuxiliary = (parameter: string): boolean => parameter.startsWith(PREFIX);

/** @throws DataError or ShapeError if modalities, shapes or target of the data differ from those of the model. */
export function requireSameTask(model: Fitted, train: Dataset): void {
  const about = "the teacher does not fit the data";
  for (const [name, shape] of Object.entries(model.shapes)) {
    const values = ownValue(train.modalities, name);
    if (values === undefined) {
      throw dataError(
        `${about}: it was trained on the modality "${name}", and the modalities read here are ${listing(Object.keys(train.modalities))}. Read that one too, or train a teacher on these.`,
      );
    }
    const shapeHere = values.shape.slice(1);
    if (!sameShape(shapeHere, shape)) {
      throw shapeError(
        `${about}: samples of ${name} are ${formatShape(shapeHere)}, the teacher was trained on ${formatShape(shape)}. Train a teacher on this data.`,
      );
    }
  }
  try {
    requireSameTarget(model, train);
  } catch (error) {
    if (!(error instanceof DmilError)) throw error;
    throw new DmilError(error.code, `${about}: ${error.message}`, error.fields);
  }
}

/** Runs the teacher on all training samples. @throws ConfigError for bad options, and what `requireTeachable` throws. */
export async function distillationTargets(
  teacher: TeacherOptions,
  train: Dataset,
  options: PredictOptions,
): Promise<DistillationTargets> {
  checkOptions("fit, teacher", teacher, { model: true, weight: true, of: true });
  const { model, weight = 1, of = ["prediction"] } = teacher;
  if (!(Number.isFinite(weight) && weight >= 0)) {
    throw configError(`teacher.weight is ${shown(weight)}; a number from 0 is needed.`);
  }
  const odd = Array.isArray(of) ? of.find((name) => !TAUGHT.includes(name)) : of;
  if (odd !== undefined || of.length === 0) {
    throw configError(`teacher.of is ${shown(of)}; a list of ${TAUGHT.join(", ")} is needed.`);
  }
  requireSameTask(model, train);
  const predictions = await predict(model, train, { ...options, representations: of.includes("representations") });
  const type = targetTypes[train.target.kind];
  const K = type.outputs(train.target.names);
  const rows = train.size;
  const source = (data: Float32Array, width: number): Rows => inMemory({ data, lead: 1, rows, width });
  // In the units of the student, whose training data may have another mean and deviation.
  const units = { calibration: model.calibration, target: type.fit(train.target) };
  const answer = (outputs: Float32Array, of: Source): Rows => source(type.softTargets(outputs, units, of), K);
  const components = of.includes("components") ? Object.entries(predictions.components) : [];
  const representations = Object.entries(predictions.representations ?? {});
  for (const [kindOfOutput, available] of [
    ["components", components],
    ["representations", representations],
  ] as const) {
    if (!of.includes(kindOfOutput) || available.length > 0) continue;
    throw configError(
      `teacher.of: the teacher (${model.method.name}) has no ${kindOfOutput}; leave them out, or take another teacher.`,
    );
  }
  return {
    sources: {
      ...(of.includes("prediction") && { [PREDICTION]: answer(predictions.logits, "prediction") }),
      ...Object.fromEntries(components.map(([name, { logits }]) => [componentLeaf(name), answer(logits, "component")])),
      ...Object.fromEntries(
        representations.map(([name, { data, shape }]) => [
          representationLeaf(name),
          source(unitColumns(data, shape[1]!), shape[1]!),
        ]),
      ),
    },
    weight,
    prediction: of.includes("prediction"),
    components: components.map(([name]) => name),
    representations: Object.fromEntries(representations.map(([name, { shape }]) => [name, shape[1]!])),
  };
}

/** Standardises columns, so that a mean squared error of 1 means that nothing was learnt; a constant column becomes 0. */
function unitColumns(data: Float32Array, width: number): Float32Array {
  const rows = data.length / width;
  const sums = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let i = 0; i < data.length; i++) sums[i % width]! += data[i]! / rows;
  for (let i = 0; i < data.length; i++) squares[i % width]! += (data[i]! - sums[i % width]!) ** 2 / rows;
  const factors = squares.map((square) => (square < 1e-12 ? 0 : 1 / Math.sqrt(square)));
  return data.map((value, i) => (value - sums[i % width]!) * factors[i % width]!);
}

/** A method's outputs with those that are compared with the teacher's. */
interface TaughtOutputs extends Outputs {
  readonly learnt: {
    readonly components: Readonly<Record<string, Expr>>;
    readonly representations: Readonly<Record<string, Expr>>;
  };
}

/** The method with the terms of a lesson in every stage, and heads for the outputs that it does not have. Only training uses it. */
export function withTeacher(method: Method, lesson: DistillationTargets): Method {
  return {
    ...method,
    build(input) {
      const outputs = method.build(input);
      return { ...outputs, learnt: learntBy(method.name, outputs, input, lesson) };
    },
    stages: method.stages.map((stage) => taughtStage(stage, lesson)),
  };
}

function learntBy(
  method: string,
  { components, representations = {} }: Outputs,
  { scope, classes }: BuildInput,
  lesson: DistillationTargets,
): TaughtOutputs["learnt"] {
  const all = Object.values(representations);
  const head = (path: string, width: number): Expr => {
    if (all.length > 0) return linear(scope.child(path), all.length === 1 ? all[0]! : concat(all, -1), width);
    throw configError(
      `teacher.of: ${method} has no representations from which a teacher's components or representations could be predicted; leave them out.`,
    );
  };
  const componentIndex = (name: string): number => components?.names.indexOf(name) ?? -1;
  return {
    components: Object.fromEntries(
      lesson.components.map((name) => [
        name,
        componentIndex(name) >= 0 ? at(components!.logits, componentIndex(name)) : head(componentLeaf(name), classes),
      ]),
    ),
    representations: Object.fromEntries(
      Object.entries(lesson.representations).map(([name, width]) => [name, head(representationLeaf(name), width)]),
    ),
  };
}

function taughtStage(stage: Stage<Outputs>, lesson: DistillationTargets): Stage<Outputs> {
  const added = (outputs: Outputs, { task }: StepContext): Terms[] =>
    termsOf(stage.prediction(outputs), outputs as TaughtOutputs, lesson, targetTypes[task.kind]); // without sample weights
  const { modulate } = stage;
  return {
    ...stage,
    trains: (parameter) => isAuxiliary(parameter) || stage.trains(parameter),
    terms: (outputs, target, context) => [...stage.terms(outputs, target, context), ...added(outputs, context)],
    // `modulate` changes only the gradients of the method's own losses; the teacher's gradients are added afterwards.
    ...(modulate !== undefined && {
      modulate(gradients, outputs, target, context) {
        const methodGradients = gradientsOf(stage.terms(outputs, target, context), gradients);
        const teacherGradients = gradientsOf(added(outputs, context), gradients);
        const changed = modulate.call(stage, methodGradients, outputs, target, context);
        return Object.fromEntries(
          [...gradients.keys()].map((name) => {
            const before = changed[name] ?? methodGradients.get(name);
            const teachers = teacherGradients.get(name);
            return [name, before === undefined ? teachers! : teachers === undefined ? before : add(before, teachers)];
          }),
        );
      },
    }),
  };
}

function termsOf(
  prediction: Expr,
  { learnt }: TaughtOutputs,
  lesson: DistillationTargets,
  task: StepContext["task"],
): Terms[] {
  const teacherOutput = (name: string, like: Expr): Expr => leaf("input", name, like.shape);
  const meanOf = (values: readonly Expr[]): Expr => mean(stack(values));
  const term = (name: string, value: Expr): Terms => ({ names: [name], value, weights: [lesson.weight] });
  const components = Object.entries(learnt.components);
  const representations = Object.entries(learnt.representations);
  return [
    ...(lesson.prediction
      ? [term(`${task.term}.teacher`, task.loss(prediction, teacherOutput(PREDICTION, prediction)))]
      : []),
    ...(components.length > 0
      ? [
          term(
            `${task.term}.teacher.components`,
            meanOf(components.map(([name, output]) => task.loss(output, teacherOutput(componentLeaf(name), output)))),
          ),
        ]
      : []),
    ...(representations.length > 0
      ? [
          term(
            "se.teacher.representations",
            meanOf(
              representations.map(([name, output]) =>
                meanSquaredError(output, teacherOutput(representationLeaf(name), output)),
              ),
            ),
          ),
        ]
      : []),
  ];
}

/** Gradients of some terms with respect to the parameters in `trained` on which they depend. */
function gradientsOf(terms: readonly Terms[], trained: ReadonlyMap<string, Expr>): Map<string, Expr> {
  const reached = topological(terms.map(({ value }) => value)).flatMap((node): (readonly [string, Expr])[] => {
    const leafInfo = asLeaf(node);
    return leafInfo?.kind === "parameter" && trained.has(leafInfo.name) ? [[leafInfo.name, node]] : [];
  });
  const gradients = grad(
    terms.map(({ value, weights }) => ({ value, weights })),
    reached.map(([, node]) => node),
  );
  return new Map(reached.map(([name], i) => [name, gradients[i]!]));
}
