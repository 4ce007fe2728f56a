/**
 * @file Guided training against greedy learning: MMTM trained on the losses of its branches. For each branch, the learning speed of the transfer
 * module is compared with that of its encoder; the branch that relies more on the other modality gets a constant gate for some steps.
 * Source: Wu, Jastrzebski, Cho, Geras: Characterizing and Overcoming the Greedy Nature of Learning in Multi-modal Deep Neural Networks,
 * ICML 2022.
 * Differs: the modules differ as in mmtm.ts. With modules on maps, a step with guidance gates the other branch as the step without guidance
 * would. A branch's constant gate is the mean of its own past gates over steps without guidance (in the
 * authors' code the second branch uses the gates of the first by mistake).
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import { type Expr, topological } from "../graph/expr.ts";
import {
  add,
  at,
  concat,
  div,
  greater,
  log,
  maximum,
  mean,
  mul,
  reshape,
  square,
  stack,
  sub,
  sum,
  where,
} from "../graph/ops/index.ts";
import {
  defineMethod,
  type Encoders,
  everyTarget,
  type MethodFactory,
  type Stage,
  type StepContext,
  wholeStage,
} from "./kit.ts";
import { branchTerms, transfer } from "./mmtm.ts";
import { type Transfer, type TransferOptions, transferShape } from "./transfer.ts";
import { branchesOf, gateWidth } from "./transfer-maps.ts";

export interface GreedyOptions extends TransferOptions {
  /** The guided branch: "speed" selects it by learning speeds (published); "random" (the authors' control) draws one of the two branches or none at each step, with equal probability. */
  readonly guide: "speed" | "random";
  /** Largest difference of the speeds without guidance, in powers of ten. Default 0.01 (published). */
  readonly threshold: number;
  /** Number of steps for which a branch is guided. Default 5 (published). */
  readonly steps: number;
  /** The first epoch with guidance. Default 2 (published). */
  readonly from: number;
}

const schema: z.ZodType<GreedyOptions, Loose<GreedyOptions>> = z.strictObject({
  ...transferShape,
  guide: z.enum(["speed", "random"]).default("speed"),
  threshold: z.number().min(0).default(0.01),
  steps: z.int().positive().default(5),
  from: z.int().min(1).default(2),
});

/** A standard normal is above this with probability 1/3, and below its negative with probability 1/3. */
const THIRD = 0.4307273;

/** Mask of the branches that are guided in this step: 1 or 0, [2, 1, 1]. */
function guided({ epoch, memory, noise }: StepContext, { guide, from }: GreedyOptions): Expr {
  if (guide === "speed") {
    const now = greater(memory.left!, 0.5);
    return reshape(stack([mul(now, sub(1, memory.branch!)), mul(now, memory.branch!)]), [2, 1, 1]);
  }
  const draw = noise("branch", [1, 1, 1]);
  const both = concat([greater(-THIRD, draw), greater(draw, THIRD)], 0);
  return mul(both, greater(epoch, from - 0.5));
}

/** Learning speed: the squared norm of gradients divided by that of their parameters, [], from pairs of gradient and value. */
function speed(parts: readonly (readonly [gradient: Expr, value: Expr])[]): Expr {
  const size = (of: 0 | 1): Expr => parts.map((part) => sum(square(part[of]))).reduce(add);
  return div(size(0), size(1));
}

/** Learning speeds of the transfer module in each branch, and of each encoder, [2] each. */
function speeds(
  out: Transfer,
  gradients: ReadonlyMap<string, Expr>,
  modalities: readonly string[],
  nameOf: StepContext["nameOf"],
): { readonly through: Expr; readonly alone: Expr } {
  const pairs = topological([out.logits]).flatMap((node) => {
    const name = nameOf(node);
    const gradient = gradients.get(name);
    return gradient === undefined ? [] : [{ name, parts: [gradient, node] as const }];
  });
  const under = (prefix: string) => pairs.flatMap(({ name, parts }) => (name.startsWith(prefix) ? [parts] : []));
  // The gates of a module on embeddings are one stack of layers.
  const stacked = pairs.flatMap(({ name, parts }) => (/^transfer\.gates\.(weight|bias)$/.test(name) ? [parts] : []));
  const branches = modalities.map((modality, m) => ({
    through: speed([
      ...under("transfer.squeeze."),
      ...under(`transfer.gates.${modality}.`),
      ...stacked.map(([gradient, value]) => [at(gradient, m), at(value, m)] as const),
    ]),
    alone: speed(under(`encoders.${modality}.`)),
  }));
  return { through: stack(branches.map(({ through }) => through)), alone: stack(branches.map(({ alone }) => alone)) };
}

/** How much faster branch 0 learns through the other modality than branch 1, in powers of ten, []; the summed speeds are [2]. */
export function lead(through: Expr, alone: Expr): Expr {
  const rates = mul(log(div(maximum(through, 1e-30), maximum(alone, 1e-30))), Math.LOG10E);
  return sub(at(rates, 0), at(rates, 1));
}

/** New values of memory after a step; sums of speeds and gates are not updated while a branch is guided. */
function remembered(
  options: GreedyOptions,
  out: Transfer,
  context: StepContext,
  { through, alone }: { readonly through: Expr; readonly alone: Expr },
): Record<string, Expr> {
  const { memory, epoch } = context;
  const busy = greater(sum(guided(context, options)), 0.5);
  const unless = (old: Expr, next: Expr): Expr => where(busy, old, next);
  const seen = add(memory.seen!, 1);
  const gates = add(memory.gates!, div(sub(mean(out.gates, 1, true), memory.gates!), seen));
  const kept = { seen: unless(memory.seen!, seen), gates: unless(memory.gates!, gates) };
  if (options.guide === "random") return kept;
  const [throughAll, aloneAll] = [add(memory.through!, through), add(memory.alone!, alone)];
  const d = lead(throughAll, aloneAll);
  const starts = mul(greater(maximum(d, mul(d, -1)), options.threshold), greater(epoch, options.from - 0.5));
  return {
    ...kept,
    through: unless(memory.through!, throughAll),
    alone: unless(memory.alone!, aloneAll),
    left: where(busy, sub(memory.left!, 1), mul(starts, options.steps)),
    branch: unless(memory.branch!, greater(0, d)),
  };
}

/** The width of all gates of a modality. */
function gatesOf(encoders: Encoders, options: GreedyOptions): number {
  const branches = branchesOf(encoders, options);
  return branches === undefined ? options.embedding : gateWidth(branches);
}

export const greedy: MethodFactory<Loose<GreedyOptions>, Transfer> = defineMethod({
  name: "greedy",
  summary:
    "guided training against greedy learning: MMTM with a constant gate for the branch that relies on the other (ICML 2022)",
  schema,
  targets: everyTarget,
  variants: { "greedy-random": { guide: "random" } },
  search: { threshold: [0.01, 0.1], steps: [5, 20] },
  maxModalities: 2,
  build: transfer,
  stages: (options, modalities, encoders): readonly Stage<Transfer>[] => [
    {
      ...wholeStage,
      memory: {
        gates: { shape: [2, 1, gatesOf(encoders, options)], value: options.scale / 2 },
        seen: { shape: [], value: 0 },
        ...(options.guide === "speed" && {
          through: { shape: [2], value: 0 },
          alone: { shape: [2], value: 0 },
          left: { shape: [], value: 0 },
          branch: { shape: [], value: 0 },
        }),
      },
      terms(out, target, context) {
        const gates = where(guided(context, options), context.memory.gates!, out.gates);
        return [branchTerms(context.task, out.answer(gates), target, modalities)];
      },
      updateMemory: (out, _, context, gradients) =>
        remembered(options, out, context, speeds(out, gradients, modalities, context.nameOf)),
    },
  ],
});
