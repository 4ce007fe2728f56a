/** @file Encoders in stages: made from a list of stages, of which some can be frozen. */
import { configError, hint, listing } from "../core/errors.ts";
import type { Expr } from "../graph/expr.ts";
import { mean, mul, reshape } from "../graph/ops/index.ts";
import type { Module, Scope, Staged } from "./module.ts";

/** Which stages are not trained: none, all, one by its name, or a range such as `stem-stage2`. */
export type Freeze = string;

/**
 * The stages that `freeze` names, among `stages` in order. @throws ConfigError for a name that is no stage, and for a range whose end comes
 * before its beginning.
 */
function frozenStages(kind: string, freeze: Freeze, stages: readonly string[]): ReadonlySet<string> {
  if (freeze === "none") return new Set();
  if (freeze === "all") return new Set(stages);
  const [first = "", last = first, ...rest] = freeze.split("-");
  const unknown = [first, last].find((name) => !stages.includes(name));
  if (rest.length === 0 && unknown === undefined && stages.indexOf(first) <= stages.indexOf(last)) {
    return new Set(stages.slice(stages.indexOf(first), stages.indexOf(last) + 1));
  }
  const words = ["none", "all", ...stages];
  const problem =
    unknown === undefined
      ? `; a range goes from a stage to a later one. Allowed: ${listing(words)}.`
      : `: there is no stage "${unknown}"${hint(unknown, words)}`;
  const range = stages.length > 1 ? ` A range of stages is written ${stages[0]}-${stages[1]}.` : "";
  throw configError(`${kind}: freeze is "${freeze}"${problem}${range}`, { setting: "freeze", allowed: words });
}

/**
 * The encoder of these stages. Frozen ones are `Scope.fixed`: no method trains them, their batch norm uses its running statistics, and they
 * have no dropout. With `freeze: all` the head is frozen too. @throws ConfigError for a `freeze` that names no stages.
 */
export function stagedModule(
  description: Module["description"],
  { stages, mean, head }: Staged,
  freeze: Freeze,
): Module {
  const frozen = frozenStages(
    description.kind,
    freeze,
    stages.map(({ name }) => name),
  );
  const staged: Staged = {
    stages: stages.map((stage) =>
      frozen.has(stage.name)
        ? { ...stage, build: (scope, maps, samples) => stage.build(scope.fixed(), maps, samples) }
        : stage,
    ),
    mean,
    head: (scope, maps, samples) => head(freeze === "all" ? scope.fixed() : scope, maps, samples),
  };
  return {
    description,
    build(scope: Scope, samples: Expr): Expr {
      const maps = staged.stages.reduce((below, stage) => stage.build(scope, below, samples), samples);
      return staged.head(scope, maps, samples);
    },
    staged,
  };
}

/** Maps [B * T, h, w, C] as [B, T, h, w, C], for T frames of each sample. */
function byFrame(maps: Expr, samples: Expr): Expr {
  const batch = samples.shape[0]!;
  return reshape(maps, [batch, maps.shape[0]! / batch, ...maps.shape.slice(1)]);
}

/** The mean of maps [B * T, h, w, C] over the frames and positions of each sample, [B, C]. */
export function meanOfMaps(maps: Expr, samples: Expr): Expr {
  return maps.shape[0] === samples.shape[0] ? mean(maps, [1, 2]) : mean(byFrame(maps, samples), [1, 2, 3]);
}

/** Maps [B * T, h, w, C] times one factor for each channel of a sample, [B, C]: all positions and frames have the same. */
export function scaleChannels(maps: Expr, factors: Expr, samples: Expr): Expr {
  const [batch, channels] = factors.shape as [number, number];
  const scaled = mul(byFrame(maps, samples), reshape(factors, [batch, 1, 1, 1, channels]));
  return reshape(scaled, maps.shape);
}
