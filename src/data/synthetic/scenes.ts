/**
 * @file Scenes and questions: small rendered pictures of coloured shapes, and a question about each, answered by yes or no. Most samples
 * need both picture and question: a data set dominated by synergy, with a known component for every sample.
 *
 * A picture has two objects side by side, each a shape (circle, square, triangle) of one colour (red, green, blue). Kinds of samples,
 * and what is needed to answer:
 * - `colour`, `shape`: "is the left object red?": synergistic;
 * - `same-colour`, `same-shape`: "have they the same colour?" or "have they different colours?" (relational): synergistic;
 * - `fact`: "is a triangle round?", one of eight statements that are true or false whatever is seen: unique to the question;
 * - `frame`: no question; a white frame around the picture means yes, a black one no: unique to the picture;
 * - `both`: a statement and the frame that goes with it: redundant.
 * Answers are uniform. Except for facts the question is independent of the answer, and so are the objects, so neither modality alone has
 * information about a synergistic sample: each sample has one bit, all of its type.
 * Source: ours, after CLEVR (Johnson et al., CVPR 2017) and the synergy check of DMIL.
 */

import * as z from "zod";
import { configError } from "../../core/errors.ts";
import { parseOptions } from "../../core/options.ts";
import { type Stream, stream } from "../../core/random.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { type DataSplits, type Dataset, mapSplits, type SplitName } from "../dataset.ts";
import { classTarget } from "../target.ts";

/** Settings of the scenes. */
export interface ScenesOptions {
  readonly seed: number;
  /** Shares of the kinds; .15 each of `colour`, `shape`, `fact`, .2 each of `same-colour`, `same-shape`, .1 `frame`, .05 `both` if left out. */
  readonly shares?: Readonly<Partial<Record<SceneKind, number>>> | undefined;
  /** Standard deviation of the noise on each pixel (0 to 1 is black to full), .1 if left out. */
  readonly noise?: number | undefined;
  /** 8000 / 1000 / 2000 if left out. */
  readonly samples?: Readonly<Record<SplitName, number>> | undefined;
}

export const SCENE_KINDS = ["colour", "shape", "same-colour", "same-shape", "fact", "frame", "both"] as const;
export type SceneKind = (typeof SCENE_KINDS)[number];

/** The component of each kind of sample. */
const TRUTH: Readonly<Record<SceneKind, string>> = {
  colour: "synergistic",
  shape: "synergistic",
  "same-colour": "synergistic",
  "same-shape": "synergistic",
  fact: "unique_question",
  frame: "unique_image",
  both: "redundant",
};

const COLOURS = ["red", "green", "blue"] as const;
const SHAPES = ["circle", "square", "triangle"] as const;
const PLACES = ["left", "right"] as const;
/** Statements with their truth, four of each. */
const FACTS = [
  ["a triangle has three corners", true],
  ["a circle is round", true],
  ["a square has four sides", true],
  ["red is a colour", true],
  ["a triangle is round", false],
  ["a circle has four corners", false],
  ["a square has three sides", false],
  ["blue is a shape", false],
] as const;

/** Pixels of an object's box, and of a picture: two boxes with a gap, inside a frame. */
const BOX = 5;
export const SCENE_HEIGHT: number = BOX + 4;
export const SCENE_WIDTH: number = 2 * BOX + 5;
/** Question features: what is asked about (4), statement asked, place, asked whether different, colour or shape asked for, statement. */
export const QUESTION_FEATURES: number = 6 + PLACES.length + COLOURS.length + SHAPES.length + FACTS.length;

const share = z.number().min(0).max(1);
const count = z.int().min(1).max(1_000_000);
const schema = z.strictObject({
  seed: z.int().min(0),
  shares: z
    .strictObject(
      Object.fromEntries(SCENE_KINDS.map((kind) => [kind, share.default(0)])) as Record<
        SceneKind,
        z.ZodDefault<z.ZodNumber>
      >,
    )
    .default({ colour: 0.15, shape: 0.15, "same-colour": 0.2, "same-shape": 0.2, fact: 0.15, frame: 0.1, both: 0.05 }),
  noise: z.number().min(0).default(0.1),
  samples: z
    .strictObject({ train: count, validation: count, test: count })
    .default({ train: 8000, validation: 1000, test: 2000 }),
});

/** An object of a cell: places in COLOURS and SHAPES. */
interface Item {
  readonly colour: number;
  readonly shape: number;
}

/** One sample before it is rendered. */
interface Scene {
  readonly kind: SceneKind;
  readonly yes: boolean;
  readonly items: readonly Item[];
  /** Index of the statement; of the place asked about, and of the colour or shape asked for; is difference asked for? */
  readonly fact?: number;
  readonly place?: number;
  readonly value?: number;
  readonly different?: boolean;
}

/**
 * Three splits with modalities `image` [N, 9, 15, 3] in 0..1 and `question` [N, Q] (ones and zeros), classes no and yes, ids that hold
 * the question in words, true components and true bits. @throws ConfigError for settings that do not fit.
 */
export function scenes(options: ScenesOptions): DataSplits {
  const { seed, shares, noise, samples } = parseOptions(schema, options, "scenes");
  const total = SCENE_KINDS.reduce((sum, kind) => sum + shares[kind], 0);
  if (Math.abs(total - 1) > 1e-6) {
    throw configError(
      `scenes.shares: they sum to ${Number(total.toFixed(6))}; shares of ${SCENE_KINDS.join(", ")} must sum to 1.`,
    );
  }
  return mapSplits((split): Dataset => {
    const n = samples[split];
    const draw = stream(seed, `scenes ${split}`);
    const drawn = Array.from({ length: n }, () => scene(drawKind(shares, draw), draw));
    const truth = drawn.map(({ kind }) => TRUTH[kind]);
    return {
      name: split,
      ids: drawn.map((own, i) => `${i} ${own.kind}: ${inWords(own)}`),
      modalities: { image: rendered(drawn, noise, seed, split), question: asked(drawn) },
      ...classTarget(
        ["no", "yes"],
        Int32Array.from(drawn, ({ yes }) => Number(yes)),
      ),
      truth,
      truthBits: Object.fromEntries(
        [...new Set(Object.values(TRUTH))].map((type) => [
          type,
          Float32Array.from(truth, (own) => Number(own === type)),
        ]),
      ),
    };
  });
}

function drawKind(shares: Readonly<Record<SceneKind, number>>, draw: Stream): SceneKind {
  let left = draw.uniform();
  for (const kind of SCENE_KINDS) {
    left -= shares[kind];
    if (left < 0) return kind;
  }
  return SCENE_KINDS.findLast((kind) => shares[kind] > 0)!;
}

/** Draws the answer first, then objects without regard to it, then a question that has this answer. */
function scene(kind: SceneKind, draw: Stream): Scene {
  const yes = draw.below(2) === 1;
  const items = PLACES.map((): Item => ({ colour: draw.below(3), shape: draw.below(3) }));
  if (kind === "frame") return { kind, yes, items };
  if (kind === "fact" || kind === "both") return { kind, yes, items, fact: draw.below(4) + (yes ? 0 : 4) };
  const attribute = kind.endsWith("colour") ? "colour" : "shape";
  if (kind === "colour" || kind === "shape") {
    const place = draw.below(PLACES.length);
    const own = items[place]![attribute];
    return { kind, yes, items, place, value: yes ? own : (own + 1 + draw.below(2)) % 3 };
  }
  // Objects are equal in half of the pictures; otherwise the question would be correlated with the answer.
  const equal = draw.below(2) === 1;
  const [first, second] = items as [Item, Item];
  const other = equal ? first[attribute] : (first[attribute] + 1 + draw.below(2)) % 3;
  return { kind, yes, items: [first, { ...second, [attribute]: other }], different: equal !== yes };
}

/** The question in words. */
function inWords({ kind, fact, place, value, different }: Scene): string {
  if (kind === "frame") return "(no question)";
  if (fact !== undefined) return `is it true that ${FACTS[fact]![0]}?`;
  if (place !== undefined) {
    return `is the ${PLACES[place]} object ${kind === "colour" ? COLOURS[value!]! : `a ${SHAPES[value!]!}`}?`;
  }
  const attribute = kind.slice("same-".length);
  return different === true ? `have they different ${attribute}s?` : `have they the same ${attribute}?`;
}

/** Questions as ones and zeros, [N, QUESTION_FEATURES]. */
function asked(all: readonly Scene[]): Tensor<"float32"> {
  const out = float32([all.length, QUESTION_FEATURES]);
  const kinds: readonly SceneKind[] = ["colour", "shape", "same-colour", "same-shape"];
  const values = 6 + PLACES.length;
  all.forEach(({ kind, fact, place, value, different }, i) => {
    const set = (feature: number): void => void (out.data[i * QUESTION_FEATURES + feature] = 1);
    if (kinds.includes(kind)) set(kinds.indexOf(kind));
    if (fact !== undefined) set(4);
    if (different === true) set(5);
    if (place !== undefined) set(6 + place);
    if (value !== undefined) set(values + value + (kind === "shape" ? COLOURS.length : 0));
    if (fact !== undefined) set(values + COLOURS.length + SHAPES.length + fact);
  });
  return out;
}

/** Pictures, [N, height, width, 3]. */
function rendered(all: readonly Scene[], noise: number, seed: number, split: SplitName): Tensor<"float32"> {
  const [height, width] = [SCENE_HEIGHT, SCENE_WIDTH];
  const draw = stream(seed, `scenes pixels ${split}`);
  const out = float32([all.length, height, width, 3]);
  all.forEach(({ kind, yes, items }, n) => {
    const start = n * height * width * 3;
    const at = (row: number, column: number): number => start + (row * width + column) * 3;
    const frame = kind === "frame" || kind === "both" ? Number(yes) : 0.5;
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++) {
        const edge = r === 0 || c === 0 || r === height - 1 || c === width - 1;
        out.data.fill(edge ? frame : 0.15, at(r, c), at(r, c) + 3);
      }
    }
    items.forEach(({ colour, shape }, place) => {
      const left = 2 + (BOX + 1) * place;
      for (let r = 0; r < BOX; r++) {
        for (let c = 0; c < BOX; c++) if (inside(shape, r - 2, c - 2)) out.data[at(2 + r, left + c) + colour] = 1;
      }
    });
    for (let i = start; i < start + height * width * 3; i++) {
      out.data[i] = Math.min(1, Math.max(0, out.data[i]! + noise * draw.normal()));
    }
  });
  return out;
}

/** Is a pixel at (row, column) from the middle of a 5 x 5 box inside the shape? */
function inside(shape: number, row: number, column: number): boolean {
  if (SHAPES[shape] === "circle") return row * row + column * column <= 5;
  if (SHAPES[shape] === "square") return true;
  return Math.abs(column) <= (row + 2) / 2;
}
