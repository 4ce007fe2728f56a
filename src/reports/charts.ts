/** @file Small charts as inline SVG: lines over epochs or shares, and reliability against the diagonal. */

import { escaped } from "../core/markup.ts";

/** One line. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Whether the line is a reference, drawn in grey. */
  readonly faint?: boolean;
}

/** The contents of a chart. */
export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly range: { readonly x: readonly [number, number]; readonly y: readonly [number, number] };
  readonly series: readonly Series[];
  /** Marks the points, and draws y = x. */
  readonly diagonal?: boolean;
  /** Marks the points. */
  readonly marked?: boolean;
  /** Labelled values of a logarithmic x axis; without it, x is linear. */
  readonly shares?: readonly number[];
  /** Whether the chart is small and has no legend. */
  readonly small?: boolean;
}

const [LEFT, BOTTOM, TOP] = [54, 36, 26];
const [PLOT, SMALL_PLOT] = [
  [270, 198],
  [170, 90],
] as const;
/** Colour-blind-safe colours (after Okabe and Ito) for light and dark. */
const COLOURS = ["var(--c0)", "var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)", "var(--c5)"];
/** From the seventh line on, colours repeat and lines are dashed. */
const DASHES = ["", "5 3", "1.5 2.5"];

/** A chart as an SVG element. */
export function svgChart({
  title,
  x,
  y,
  range,
  series,
  diagonal = false,
  marked = diagonal,
  shares,
  small = false,
}: Chart): string {
  const [plotWidth, plotHeight] = small ? SMALL_PLOT : PLOT;
  const right = LEFT + plotWidth;
  const bottom = TOP + plotHeight;
  const height = bottom + BOTTOM;
  // Letters are about 6 wide; a name is never cut.
  const width = right + (small ? 14 : Math.max(96, 16 + 6.5 * Math.max(0, ...series.map(({ name }) => name.length))));
  const scale = (v: number): number => (shares === undefined ? v : Math.log(v));
  const [from, to] = range.x.map(scale) as [number, number];
  const across = (v: number): number => LEFT + ((scale(v) - from) / (to - from || 1)) * (right - LEFT);
  const up = (v: number): number => bottom - ((v - range.y[0]) / (range.y[1] - range.y[0] || 1)) * (bottom - TOP);
  const place = ([px, py]: readonly [number, number]): string => `${across(px).toFixed(1)},${up(py).toFixed(1)}`;
  const ticks = (low: number, high: number): number[] =>
    (small ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1]).map((t) => low + t * (high - low));
  const number = (v: number): string => String(Number(v.toPrecision(3)));
  const parts = [
    `<text x="${LEFT}" y="15" class="title">${escaped(title)}</text>`,
    ...ticks(...range.y).map(
      (v) =>
        `<line x1="${LEFT}" x2="${right}" y1="${up(v)}" y2="${up(v)}" class="grid"/><text x="${LEFT - 5}" y="${up(v) + 4}" text-anchor="end">${number(v)}</text>`,
    ),
    ...(shares ?? ticks(...range.x)).map(
      (v) => `<text x="${across(v)}" y="${bottom + 14}" text-anchor="middle">${number(v)}</text>`,
    ),
    `<text x="${(LEFT + right) / 2}" y="${height - 5}" text-anchor="middle">${escaped(x)}</text>`,
    `<text transform="translate(11 ${(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>`,
    ...(diagonal
      ? [
          `<line x1="${across(range.x[0])}" y1="${up(range.x[0])}" x2="${across(range.x[1])}" y2="${up(range.x[1])}" class="diagonal"/>`,
        ]
      : []),
    ...series.flatMap(({ name, points, faint = false }, i) => {
      const colour = faint ? "#888" : COLOURS[i % COLOURS.length]!;
      const dash = DASHES[Math.floor(i / COLOURS.length) % DASHES.length]!;
      return [
        `<polyline points="${points.map(place).join(" ")}" fill="none" style="stroke:${colour}" stroke-width="1.6"${dash === "" ? "" : ` stroke-dasharray="${dash}"`}/>`,
        ...(marked
          ? points.map((point) => {
              const [cx, cy] = place(point).split(",");
              return `<circle cx="${cx}" cy="${cy}" r="2.6" style="fill:${colour}"/>`;
            })
          : []),
        ...(small
          ? []
          : [`<text x="${right + 8}" y="${TOP + 12 + 16 * i}" style="fill:${colour}">${escaped(name)}</text>`]),
      ];
    }),
  ];
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">${parts.join("")}</svg>`;
}
