/** @file Which input of a frozen network takes the samples of a modality, in which shape, and which other inputs are filled for it. */
import { configError, listing } from "../core/errors.ts";
import { formatShape, type Shape, sizeOf } from "../core/shape.ts";
import type { FrozenModel } from "../encoders/encoder.ts";
import { FEEDS, type FeedType } from "../runtime/any-model.ts";

/** An input as the file declares it: sizes, or names of open axes. */
export interface Port {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** What is written to an input besides samples: 1 at valid steps, 0, or 0, 1, 2, ... */
export type Role = "mask" | "types" | "positions";

/** How samples are fed. */
export interface FeedPlan {
  readonly name: string;
  readonly type: FeedType;
  readonly layout: FrozenModel["layout"];
  /** Shape of one sample as it is fed. */
  readonly shape: Shape;
  /** Steps T of a sample that may be padding: token ids [T] that are 0, or rows of [T, F] that are NaN. */
  readonly steps?: number;
  readonly extras: readonly { readonly name: string; readonly type: FeedType; readonly role: Role }[];
  /** Samples of a call, if the file fixes their number; 0 if it does not. */
  readonly batch: number;
}

/** Inputs that models of text have besides the token ids. */
const ROLES: readonly (readonly [RegExp, Role])[] = [
  [/^(attention_?|input_?)?mask$/i, "mask"],
  [/token_?type|segment/i, "types"],
  [/position_?ids?$/i, "positions"],
];

/**
 * Decides how samples are fed. @throws ConfigError if the network reads several arrays, another type or another shape; `where` begins the
 * message.
 */
export function feedPlan(
  ports: readonly Port[],
  sample: Shape,
  layout: FrozenModel["layout"] | undefined,
  where: string,
): FeedPlan {
  const roleOf = ({ name }: Port): Role | undefined => ROLES.find(([pattern]) => pattern.test(name))?.[1];
  const free = ports.length === 1 ? ports : ports.filter((port) => roleOf(port) === undefined);
  const [port, ...others] = free;
  if (port === undefined || others.length > 0) {
    throw configError(
      `${where} reads ${free.length} arrays (${listing(free.map(described))}); a frozen encoder reads one modality. Export the part of the model that reads it.`,
      { inputs: ports },
    );
  }
  const type = typeOf(port, where);
  const fed = fittingShape(port, sample, layout, where);
  const ids = type !== "float32" && type !== "float64";
  const steps = ids ? (sample.length === 1 ? sample[0] : undefined) : sample.length === 2 ? sample[0] : undefined;
  const [unfilled] = ports.filter((own) => own !== port);
  if (unfilled !== undefined && steps === undefined) {
    throw configError(
      `${where} also reads ${described(unfilled)}, which can be filled only for sequences: token ids [T], or [T, F]; samples are ${formatShape(sample)}.`,
    );
  }
  return {
    name: port.name,
    type,
    ...fed,
    ...(steps !== undefined && { steps }),
    extras: ports
      .filter((own) => own !== port)
      .map((own) => ({ name: own.name, type: typeOf(own, where), role: roleOf(own)! })),
    batch: isOpen(port.shape[0]) ? 0 : Number(port.shape[0]),
  };
}

function typeOf(port: Port, where: string): FeedType {
  const type = Object.keys(FEEDS).find((known): known is FeedType => known === port.type);
  if (type !== undefined) return type;
  throw configError(
    `${where}: the input ${described(port)} is of type ${port.type}; allowed are ${Object.keys(FEEDS).join(", ")}. Export the model with float32 inputs.`,
  );
}

/** Samples of [H, W, C] as [C, H, W] for `channels-last`, the other way for `channels-first`. */
export function movedShape(sample: Shape, layout: FrozenModel["layout"]): Shape {
  if (layout === "as-is" || sample.length < 2) return sample;
  return layout === "channels-last" ? [sample.at(-1)!, ...sample.slice(0, -1)] : [...sample.slice(1), sample[0]!];
}

/** The layout and the shape in which the input takes samples: as given, with moved channels, with axes of size 1, or flat. */
function fittingShape(
  port: Port,
  sample: Shape,
  layout: FrozenModel["layout"] | undefined,
  where: string,
): Pick<FeedPlan, "layout" | "shape"> {
  const axes = port.shape.slice(1);
  // A file may leave the number of axes open; the network itself then decides.
  if (port.shape.length === 0) return { layout: layout ?? "as-is", shape: movedShape(sample, layout ?? "as-is") };
  const layouts = layout !== undefined ? [layout] : (["as-is", "channels-last", "channels-first"] as const);
  for (const own of layouts) {
    const moved = movedShape(sample, own);
    if (fits(axes, moved)) return { layout: own, shape: moved };
  }
  for (const own of layouts) {
    const shape = reshaped(axes, movedShape(sample, own));
    if (shape !== undefined) return { layout: own, shape };
  }
  throw configError(
    `${where}: the input is ${described(port)}; samples of ${formatShape(sample)} do not fit${layout === undefined ? "" : ` with layout ${layout}`}. Give data of this shape, or set layout to channels-first or channels-last, which says where the data has its channels.`,
    { sample, input: port.shape },
  );
}

function fits(axes: Port["shape"], shape: Shape): boolean {
  return axes.length === shape.length && axes.every((axis, i) => isOpen(axis) || axis === shape[i]);
}

/** The shape with axes of size 1 added or removed, or flat, if the input then takes it. */
function reshaped(axes: Port["shape"], shape: Shape): Shape | undefined {
  for (let i = 0; i <= shape.length; i++) {
    const added = [...shape.slice(0, i), 1, ...shape.slice(i)];
    if (axes[i] === 1 && fits(axes, added)) return added;
  }
  if (axes.some(isOpen)) return undefined;
  const wanted = axes.map(Number);
  if (sizeOf(wanted) !== sizeOf(shape)) return undefined;
  const without = (sizes: Shape): string => sizes.filter((n) => n !== 1).join();
  return wanted.length === 1 || without(wanted) === without(shape) ? wanted : undefined;
}

/** Whether an axis has no fixed size; onnxruntime gives its name, or a number below 1. */
function isOpen(axis: number | string | undefined): boolean {
  return typeof axis !== "number" || axis < 1;
}

/** `input_ids [batch, 40]` */
function described({ name, shape }: Port): string {
  const axes = shape.map((axis, i) => (isOpen(axis) ? (i === 0 ? "batch" : axis || "any") : axis));
  return `${name} [${axes.join(", ")}]`;
}
