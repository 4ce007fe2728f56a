/**
 * @file Transfer modules between the stages of encoders, as in the paper: a module reads the mean of the maps of every modality and multiplies
 * their channels. Stages are aligned at the end, so encoders may have different numbers of them.
 */
import type { Expr } from "../graph/expr.ts";
import { add, at, concat, matmul, mul, pad, relu, sigmoid, slice, stack } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import type { Scope, Staged } from "../nn/module.ts";
import { scaleChannels } from "../nn/staged.ts";
import type { Encoders } from "./define.ts";
import { embedding as embeddingOf, embeddings } from "./embed.ts";
import type { BuildInput } from "./method.ts";
import { meanOfPresent, presence, zeroWhereMissing } from "./missing.ts";
import type { Transfer, TransferOptions } from "./transfer.ts";

/** Arrays by modality. */
type ByModality = Readonly<Record<string, Expr>>;

/** Encoders in stages, and the transfer modules between them. */
interface Branches {
  readonly encoders: Readonly<Record<string, Staged>>;
  /** By module: the channels of the maps of each modality. */
  readonly channels: readonly Readonly<Record<string, number>>[];
}

/** The branches of encoders that all have stages; undefined if one has none. */
export function branchesOf(encoders: Encoders, { modules }: TransferOptions): Branches | undefined {
  const staged = Object.entries(encoders).flatMap(([name, { staged }]): [string, Staged][] =>
    staged === undefined ? [] : [[name, staged]],
  );
  if (staged.length < Object.keys(encoders).length) return undefined;
  const count = Math.min(modules, ...staged.map(([, { stages }]) => stages.length));
  const channels = Array.from({ length: count }, (_, j) =>
    Object.fromEntries(staged.map(([name, { stages }]) => [name, stages.at(j - count)!.channels])),
  );
  return { encoders: Object.fromEntries(staged), channels };
}

/** The width G of `Transfer.gates`: the channels of all modules, each as wide as its widest modality. */
export function gateWidth({ channels }: Branches): number {
  return channels.reduce((sum, module) => sum + Math.max(...Object.values(module)), 0);
}

/** Embeddings [B, E] of modalities, and what their modules read and gave. */
interface Pass {
  readonly embedded: ByModality;
  readonly squeezes: readonly ByModality[];
  readonly gates: readonly ByModality[];
}

/** The named modalities through all stages; `gate` gives the factors [B, C] of a module from the means of their maps, [B, C]. */
function pass(
  { inputs, present }: BuildInput,
  scope: Scope,
  names: readonly string[],
  { encoders, channels }: Branches,
  width: number,
  gate: (module: number, squeezes: ByModality) => ByModality,
): Pass {
  const columns = Object.keys(inputs);
  const maps: Record<string, Expr> = { ...inputs };
  const each = (value: (name: string) => Expr): ByModality =>
    Object.fromEntries(names.map((name) => [name, value(name)]));
  const encoderScope = (name: string): Scope => scope.child("encoders").child(name);
  const depth = Math.max(...names.map((name) => encoders[name]!.stages.length));
  const squeezes: ByModality[] = [];
  const gates: ByModality[] = [];
  for (let step = 0; step < depth; step++) {
    for (const name of names) {
      const { stages } = encoders[name]!;
      const stage = stages[step - (depth - stages.length)];
      if (stage !== undefined) maps[name] = stage.build(encoderScope(name), maps[name]!, inputs[name]!);
    }
    const module = step - (depth - channels.length);
    if (module < 0) continue;
    const squeezed = each((name) =>
      zeroWhereMissing(
        encoders[name]!.mean(maps[name]!, inputs[name]!),
        present && slice(present, 1, columns.indexOf(name), 1),
      ),
    );
    const factors = gate(module, squeezed);
    for (const name of names) maps[name] = scaleChannels(maps[name]!, factors[name]!, inputs[name]!);
    squeezes.push(squeezed);
    gates.push(factors);
  }
  const embedded = each((name) => {
    const hidden = encoders[name]!.head(encoderScope(name), maps[name]!, inputs[name]!);
    return embeddingOf(encoderScope(name), hidden, inputs[name]!, width);
  });
  return { embedded, squeezes, gates };
}

/**
 * Module j: a summary e = relu(sum_m s_m W_m + c) of the means s_m [B, C_m] of all maps, and gates scale sigmoid(e V_m + d_m) of their channels.
 * Parameters: `transfer.squeeze.<j>.<modality>.weight` [C_m, W], `transfer.squeeze.<j>.bias` [W], `transfer.gates.<modality>.<j>.weight`
 * [W, C_m] and `.bias` [C_m], W = 2 sum_m C_m / ratio. Gates are those of `wanted`.
 */
function gatesOf(
  scope: Scope,
  module: number,
  channels: Readonly<Record<string, number>>,
  squeezes: ByModality,
  wanted: readonly string[],
  { ratio, scale }: TransferOptions,
): ByModality {
  const total = Object.values(channels).reduce((sum, count) => sum + count, 0);
  const width = Math.ceil((2 * total) / ratio);
  const init = { kind: "uniform", bound: 1 / Math.sqrt(total) } as const;
  const squeeze = scope.child("squeeze").child(String(module));
  const parts = Object.entries(channels).map(([name, count]) =>
    matmul(squeezes[name]!, squeeze.child(name).parameter("weight", [count, width], init)),
  );
  const summary = relu(add(parts.reduce(add), squeeze.parameter("bias", [width], init)));
  return Object.fromEntries(
    wanted.map((name) => {
      const gate = linear(scope.child("gates").child(name).child(String(module)), summary, channels[name]!);
      return [name, mul(sigmoid(gate), scale)];
    }),
  );
}

/**
 * MMTM on maps. Statistics: `transfer.centre.<j>.<modality>` [1, C_m], the training mean of s_m. The unimodal prediction of a modality is its
 * branch in evaluation mode with the s_m of the others at these means. The buffers after a step are those of the last `answer`, if there is one.
 */
export function mapTransfer(input: BuildInput, branches: Branches, options: TransferOptions): Transfer {
  const names = Object.keys(branches.encoders);
  const { channels } = branches;
  const { scope } = input;
  const mask = presence(input, names);
  const transferScope = scope.child("transfer");
  const heads = (embedded: ByModality): { readonly z: Expr; readonly logits: Expr } => {
    const z = zeroWhereMissing(stack(names.map((name) => embedded[name]!)), mask);
    return { z, logits: linear(scope.child("heads"), z, input.classes) };
  };
  const run = (at: Scope, some: readonly string[], gate: Parameters<typeof pass>[5]): Pass =>
    pass(input, at, some, branches, options.embedding, gate);
  const together = run(scope, names, (module, squeezes) =>
    gatesOf(transferScope, module, channels[module]!, squeezes, names, options),
  );
  const centres = channels.map((counts, module) =>
    Object.fromEntries(
      names.map((name) => {
        const centre = transferScope.child("centre").child(String(module));
        return [name, centre.statistic(name, [1, counts[name]!], 0)];
      }),
    ),
  );
  const alone = names.map(
    (name) =>
      run(scope.eval(), [name], (module, squeezes) =>
        gatesOf(transferScope, module, channels[module]!, { ...centres[module], ...squeezes }, [name], options),
      ).embedded[name]!,
  );
  const widths = channels.map((counts) => Math.max(...Object.values(counts)));
  const { z, logits: answers } = heads(together.embedded);
  return {
    logits: meanOfPresent(answers, [0], mask),
    unimodal: heads(Object.fromEntries(names.map((name, m) => [name, alone[m]!]))).logits,
    statistics: Object.fromEntries(
      together.squeezes.flatMap((squeezes, module) =>
        names.map((name) => [`transfer.centre.${module}.${name}`, squeezes[name]!]),
      ),
    ),
    representations: embeddings(z, names),
    stacked: z,
    gates: stack(
      names.map((name) =>
        concat(
          together.gates.map((gates, module) => pad(gates[name]!, 1, 0, widths[module]! - channels[module]![name]!)),
          1,
        ),
      ),
    ),
    branches: answers,
    answer(gates) {
      const given = (module: number): ByModality => {
        const start = widths.slice(0, module).reduce((sum, width) => sum + width, 0);
        return Object.fromEntries(
          names.map((name, m) => [name, slice(at(gates, m), 1, start, channels[module]![name]!)]),
        );
      };
      return heads(run(scope.again(), names, given).embedded).logits;
    },
  };
}
