/**
 * @file The picture of README.md: four test samples of the sensor data, what was measured, the bits of each component, and the prediction.
 *
 * `npm run docs:picture` makes docs/picture.svg; without --write it prints the picture.
 */
import { writeFileSync } from "node:fs";
import { dmil, explain, fit, mlp, type SampleReport } from "dmil";
import { escaped } from "../src/core/markup.ts";
import { sensors } from "./sensors.ts";

const COLOURS: Readonly<Record<string, string>> = {
  redundant: "#7a7a7a",
  unique_humidity: "#0072b2",
  unique_temperature: "#d55e00",
  synergistic: "#009e73",
};
const [WIDTH, LEFT, BAR, ROW, TOP] = [760, 190, 310, 54, 44];

const splits = sensors();
const encoders = { humidity: mlp([1, 32]), temperature: mlp([1, 32]) };
const fitted = await fit(dmil({ encoders, embedding: 32 }), splits, { seed: 0, batchSize: 64, threads: 1 });
const { samples } = await explain(fitted, splits.test);

/** For each component in turn the sample that it leads by most, among those predicted correctly whose bits are all positive. */
function chosen(): { readonly sample: SampleReport; readonly row: number }[] {
  const able = samples.flatMap((sample, row) => {
    const positive = Object.values(sample.bits).every((bits) => bits > -0.005);
    return positive && sample.label === sample.prediction ? [{ sample, row }] : [];
  });
  const lead = ({ bits }: SampleReport, name: string): number =>
    2 * bits[name]! - Object.keys(COLOURS).reduce((sum, other) => sum + bits[other]!, 0);
  return Object.keys(COLOURS)
    .map((name) => able.reduce((a, b) => (lead(b.sample, name) > lead(a.sample, name) ? b : a)))
    .filter(({ row }, i, all) => all.findIndex((other) => other.row === row) === i);
}

const rows = chosen();
const most = Math.max(...rows.map(({ sample }) => sample.bits.total!));
const scale = BAR / most;
const text = (x: number, y: number, words: string, more = ""): string =>
  `<text x="${x}" y="${y}" ${more}>${escaped(words)}</text>`;

function rowOf({ sample, row }: (typeof rows)[number], i: number): string {
  const y = TOP + i * ROW;
  const reading = (name: string): string => splits.test.modalities[name]!.data[row]!.toFixed(1);
  let x = LEFT;
  const bars = Object.entries(COLOURS).map(([name, colour]) => {
    const width = Math.max(0, sample.bits[name]! * scale);
    const bar = `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="24" fill="${colour}"/>`;
    x += width;
    return bar;
  });
  const { lower, upper } = sample.intervals!.total!;
  return [
    text(8, y + 11, `humidity ${reading("humidity")} %`),
    text(8, y + 27, `temperature ${reading("temperature")} °C`),
    ...bars,
    text(
      x + 8,
      y + 16,
      `${sample.bits.total!.toFixed(2)} bits (${lower.toFixed(2)} to ${upper.toFixed(2)})`,
      'class="faint"',
    ),
    text(WIDTH - 8, y + 16, `${sample.prediction} ${sample.probability!.toFixed(2)}`, 'text-anchor="end"'),
  ].join("\n");
}

const height = TOP + rows.length * ROW + 30;
let at = LEFT;
const legend = Object.entries(COLOURS).map(([name, colour]) => {
  const words = name.replace("_", " to ");
  const mark = `<rect x="${at}" y="${height - 22}" width="12" height="12" fill="${colour}"/>${text(at + 17, height - 12, words)}`;
  at += 34 + words.length * 7.2;
  return mark;
});
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Four samples with the bits of each component">
<style>text{font:13px system-ui,sans-serif;fill:#24292f}.faint{fill:#6e7781}.head{font-weight:600}rect.page{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.faint{fill:#9198a1}rect.page{fill:#0d1117}}</style>
<rect class="page" width="${WIDTH}" height="${height}"/>
${text(8, 22, "measured", 'class="head"')}
${text(LEFT, 22, "what each component says about indoors or outdoors", 'class="head"')}
${text(WIDTH - 8, 22, "prediction", 'class="head" text-anchor="end"')}
${rows.map(rowOf).join("\n")}
${legend.join("\n")}
</svg>
`;
if (process.argv.includes("--write")) writeFileSync("docs/picture.svg", svg);
else console.log(svg);
