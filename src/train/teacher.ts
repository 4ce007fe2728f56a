/**
 * @file Learning from a teacher: the terms that a frozen model's outputs on the training samples add to a method's own, for every method
 * alike. Source: Hinton et al. 2015 (distillation), Romero et al. 2015 (representations). Differs: there is no temperature, as the teacher's
 * probabilities are those of its calibration.
 */
import { configError, DmilError, dataError, listing, shapeError } from "../core/errors.ts";
import { checkOptions, shown } from "../core/keys.ts";
import { ownValue } from "../core/record.ts";
import { formatShape, sameShape } from "../core/shape.ts";
import type { Dataset, TargetKind } from "../data/dataset.ts";
import { asLeaf, type Expr, leaf, topological } from "../graph/expr.ts";
import { grad } from "../graph/grad.ts";
import { add, at, concat, mean, stack } from "../graph/ops/index.ts";
import type { BuildInput, Method, Outputs, Stage, StepContext, Terms } from "../methods/method.ts";
import { linear } from "../nn/linear.ts";
import { meanSquaredError } from "../nn/losses.ts";
import type { Sources } from "./evaluate.ts";
import type { RowSource } from "./frozen.ts";
import { logSoftmaxRows } from "./metrics.ts";
import type { Fitted } from "./model.ts";
import { type PredictOptions, predict, scaled } from "./predict.ts";
import { requireClasses } from "./same-target.ts";
import { fitTarget, standardised } from "./target.ts";

/** What can be learnt of a teacher. */
export const TAUGHT = ["prediction", "components", "representations"] as const;
export type Taught = (typeof TAUGHT)[number];

/** A frozen model whose outputs are learnt besides the target. */
export interface TeacherOptions {
  readonly model: Fitted;
  /** Of each of the teacher's terms, beside the method's own; 1. */
  readonly weight?: number;
  /**
   * What of it is learnt; its prediction alone. A component of the same name learns its answer; other components and representations are read off
   * the method's own representations by a linear head each, which is thrown away when training ends.
   */
  readonly of?: readonly Taught[];
}

/** What a teacher says of the training samples, once for all epochs. */
export interface Lesson {
  /** Rows by input leaf. */
  readonly sources: Sources;
  readonly weight: number;
  readonly prediction: boolean;
  /** Names of components, and widths of representations by name. */
  readonly components: readonly string[];
  readonly representations: Readonly<Record<string, number>>;
}

/** Parameters of heads that are thrown away begin with this; so do the leaves of what the teacher says. */
const PREFIX = "teacher.";
const PREDICTION = `${PREFIX}prediction`;
const componentLeaf = (name: string): string => `${PREFIX}component.${name}`;
const representationLeaf = (name: string): string => `${PREFIX}representation.${name}`;

/** Is a parameter one of those that only serve to learn from the teacher? */
export const isAuxiliary = (parameter: string): boolean => parameter.startsWith(PREFIX);

/** @throws DataError or ShapeError when the model cannot speak of the data: other modalities, shapes, or target. */
export function requireTeachable(model: Fitted, train: Dataset): void {
  const about = "the teacher does not fit the data";
  for (const [name, shape] of Object.entries(model.shapes)) {
    const values = ownValue(train.modalities, name);
    if (values === undefined) {
      throw dataError(
        `${about}: it was trained on the modality "${name}", and the modalities read here are ${listing(Object.keys(train.modalities))}. Read that one too, or train a teacher on these.`,
      );
    }
    const own = values.shape.slice(1);
    if (!sameShape(own, shape)) {
      throw shapeError(
        `${about}: samples of ${name} are ${formatShape(own)}, the teacher was trained on ${formatShape(shape)}. Train a teacher on this data.`,
      );
    }
  }
  try {
    requireClasses(model, train);
  } catch (error) {
    if (!(error instanceof DmilError)) throw error;
    throw new DmilError(error.code, `${about}: ${error.message}`, error.fields);
  }
}

/** Asks the teacher about all training samples. @throws ConfigError for bad options, and what `requireTeachable` throws. */
export async function lessonOf(teacher: TeacherOptions, train: Dataset, options: PredictOptions): Promise<Lesson> {
  checkOptions("fit, teacher", teacher, { model: true, weight: true, of: true });
  const { model, weight = 1, of = ["prediction"] } = teacher;
  if (!(Number.isFinite(weight) && weight >= 0)) {
    throw configError(`teacher.weight is ${shown(weight)}; a number from 0 is needed.`);
  }
  const odd = Array.isArray(of) ? of.find((name) => !TAUGHT.includes(name)) : of;
  if (odd !== undefined || of.length === 0) {
    throw configError(`teacher.of is ${shown(of)}; a list of ${TAUGHT.join(", ")} is needed.`);
  }
  requireTeachable(model, train);
  const said = await predict(model, train, { ...options, representations: of.includes("representations") });
  const target = fitTarget(train);
  const kind = target?.kind ?? "classes";
  const K = target?.names.length ?? train.classes.length;
  const rows = train.ids.length;
  const source = (data: Float32Array, width: number): RowSource => ({ data, lead: 1, rows, width });
  /** What is learnt of an answer: shares of classes, probabilities of labels, standardised values. */
  const answer = (told: Float32Array): RowSource =>
    source(target === undefined ? probabilities(told, kind, K) : probabilities(standardised(told, target), kind, K), K);
  const components = of.includes("components") ? Object.entries(said.components) : [];
  const representations = Object.entries(said.representations ?? {});
  for (const [asked, found] of [
    ["components", components],
    ["representations", representations],
  ] as const) {
    if (!of.includes(asked) || found.length > 0) continue;
    throw configError(
      `teacher.of: the teacher (${model.method.name}) has no ${asked}; leave them out, or take another teacher.`,
    );
  }
  const whole =
    target === undefined
      ? source(Float32Array.from(scaled(said.logits, said.calibration), Math.exp), K)
      : answer(said.logits);
  return {
    sources: {
      ...(of.includes("prediction") && { [PREDICTION]: whole }),
      ...Object.fromEntries(components.map(([name, { logits }]) => [componentLeaf(name), answer(logits)])),
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

/** Outputs [N, K] as what losses take for a target. */
function probabilities(told: Float32Array, kind: TargetKind, K: number): Float32Array {
  if (kind === "classes") return Float32Array.from(logSoftmaxRows(told, K), Math.exp);
  return kind === "labels" ? told.map((odds) => 1 / (1 + Math.exp(-odds))) : told;
}

/** Columns with mean 0 and deviation 1, so that a squared error of 1 says that nothing was learnt; a constant becomes 0. */
function unitColumns(data: Float32Array, width: number): Float32Array {
  const rows = data.length / width;
  const sums = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let i = 0; i < data.length; i++) sums[i % width]! += data[i]! / rows;
  for (let i = 0; i < data.length; i++) squares[i % width]! += (data[i]! - sums[i % width]!) ** 2 / rows;
  const factors = squares.map((square) => (square < 1e-12 ? 0 : 1 / Math.sqrt(square)));
  return data.map((value, i) => (value - sums[i % width]!) * factors[i % width]!);
}

/** What a method makes of a sample that can be compared with what the teacher said. */
interface TaughtOutputs extends Outputs {
  readonly learnt: {
    readonly components: Readonly<Record<string, Expr>>;
    readonly representations: Readonly<Record<string, Expr>>;
  };
}

/** The method with the terms of a lesson in every stage, and heads for what it does not give by itself. Training alone uses it. */
export function taught(method: Method, lesson: Lesson): Method {
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
  lesson: Lesson,
): TaughtOutputs["learnt"] {
  const all = Object.values(representations);
  const head = (place: string, width: number): Expr => {
    if (all.length > 0) return linear(scope.child(place), all.length === 1 ? all[0]! : concat(all, -1), width);
    throw configError(
      `teacher.of: ${method} has no representations off which a teacher's components or representations could be read; leave them out.`,
    );
  };
  const own = (name: string): number => components?.names.indexOf(name) ?? -1;
  return {
    components: Object.fromEntries(
      lesson.components.map((name) => [
        name,
        own(name) >= 0 ? at(components!.logits, own(name)) : head(componentLeaf(name), classes),
      ]),
    ),
    representations: Object.fromEntries(
      Object.entries(lesson.representations).map(([name, width]) => [name, head(representationLeaf(name), width)]),
    ),
  };
}

function taughtStage(stage: Stage<Outputs>, lesson: Lesson): Stage<Outputs> {
  const added = (outputs: Outputs, { task }: StepContext): Terms[] =>
    termsOf(stage.prediction(outputs), outputs as TaughtOutputs, lesson, task);
  const { modulate } = stage;
  return {
    ...stage,
    trains: (parameter) => isAuxiliary(parameter) || stage.trains(parameter),
    terms: (outputs, target, context) => [...stage.terms(outputs, target, context), ...added(outputs, context)],
    // A method changes the gradients of its own losses; the teacher's are added after that.
    ...(modulate !== undefined && {
      modulate(gradients, outputs, target, context) {
        const own = gradientsOf(stage.terms(outputs, target, context), gradients);
        const told = gradientsOf(added(outputs, context), gradients);
        const changed = modulate.call(stage, own, outputs, target, context);
        return Object.fromEntries(
          [...gradients.keys()].map((name) => {
            const before = changed[name] ?? own.get(name);
            const teachers = told.get(name);
            return [name, before === undefined ? teachers! : teachers === undefined ? before : add(before, teachers)];
          }),
        );
      },
    }),
  };
}

function termsOf(prediction: Expr, { learnt }: TaughtOutputs, lesson: Lesson, task: StepContext["task"]): Terms[] {
  const told = (name: string, like: Expr): Expr => leaf("input", name, like.shape);
  const meanOf = (values: readonly Expr[]): Expr => mean(stack(values));
  const term = (name: string, value: Expr): Terms => ({ names: [name], value, weights: [lesson.weight] });
  const parts = Object.entries(learnt.components);
  const inner = Object.entries(learnt.representations);
  return [
    ...(lesson.prediction ? [term(`${task.term}.teacher`, task.loss(prediction, told(PREDICTION, prediction)))] : []),
    ...(parts.length > 0
      ? [
          term(
            `${task.term}.teacher.components`,
            meanOf(parts.map(([name, own]) => task.loss(own, told(componentLeaf(name), own)))),
          ),
        ]
      : []),
    ...(inner.length > 0
      ? [
          term(
            "se.teacher.representations",
            meanOf(inner.map(([name, own]) => meanSquaredError(own, told(representationLeaf(name), own)))),
          ),
        ]
      : []),
  ];
}

/** Gradients of some terms, of the parameters in `trained` that they reach. */
function gradientsOf(terms: readonly Terms[], trained: ReadonlyMap<string, Expr>): Map<string, Expr> {
  const reached = topological(terms.map(({ value }) => value)).flatMap((node): (readonly [string, Expr])[] => {
    const found = asLeaf(node);
    return found?.kind === "parameter" && trained.has(found.name) ? [[found.name, node]] : [];
  });
  const gradients = grad(
    terms.map(({ value, weights }) => ({ value, weights })),
    reached.map(([, node]) => node),
  );
  return new Map(reached.map(([name], i) => [name, gradients[i]!]));
}
