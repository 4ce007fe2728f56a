/** @file Read samples from a stream, write probabilities and bits of each window. Run: npx tsx examples/06-sensors-online.ts */
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { createPredictor, float32, openRun, report } from "dmil";
import { disk } from "dmil/node";

// SENSORS | npx tsx examples/06-sensors-online.ts RUN [HOP], where a line is a sample of every sensor, as JSON:
// {"accelerometer": [0.1, -0.2, 9.8], "gyroscope": [0, 0.1, 0]}. A window is as long as those the model was trained on.
const [run = "runs/racketsports-dmil-0", givenHop] = process.argv.slice(2);
const stop = (error: Error): never => {
  console.error(error.message);
  return process.exit(1);
};
const { fitted } = await openRun(disk(run)).catch(stop);
const sensors = Object.entries(fitted.shapes).map(([name, [samples = 1, ...shape]]) => ({ name, samples, shape }));
const { samples } = sensors[0]!;
const hop = Number(givenHop ?? samples); // windows overlap if it is smaller than `samples`
if (sensors.some((sensor) => sensor.samples !== samples))
  stop(new Error(`${run}: its sensors have windows of several lengths.`));
if (!(Number.isInteger(hop) && hop >= 1 && hop <= samples)) {
  stop(new Error(`HOP ${givenHop}: a whole number from 1 to ${samples} is needed.`));
}
const predictor = createPredictor(fitted, { batchSize: 1 }); // compiled once, at the first window

/** The numbers of every sensor in a line. */
function sampleOf(line: string): number[][] {
  const parsed = JSON.parse(line);
  return sensors.map(({ name, shape }) => {
    const numbers = [parsed?.[name]].flat(9);
    const count = shape.reduce((a, b) => a * b, 1);
    if (numbers.length === count && numbers.every(Number.isFinite)) return numbers;
    throw new Error(`${name} needs finite numbers, ${count} of them`);
  });
}

async function* windows(lines: AsyncIterable<string>): AsyncGenerator<string> {
  const recent: number[][][] = [];
  let number = 0;
  for await (const line of lines) {
    number++;
    try {
      recent.push(sampleOf(line));
    } catch (error) {
      console.error(`line ${number} is skipped: ${(error as Error).message}`);
      continue;
    }
    if (recent.length < samples) continue;
    const arrays = sensors.map(({ shape }, m) =>
      float32(
        [1, samples, ...shape],
        recent.slice(-samples).flatMap((sample) => sample[m]!),
      ),
    );
    const modalities = Object.fromEntries(sensors.map(({ name }, m) => [name, arrays[m]!]));
    const window = {
      name: "stream",
      ids: [`${number}`],
      modalities,
      size: 1,
      target: { ...fitted.target, values: float32([1, 1], [Number.NaN]) },
    };
    const { prediction, probabilities, bits } = report(await predictor.predict(window), window, fitted).samples[0]!;
    yield `${JSON.stringify({ line: number, prediction, probabilities, bits })}\n`;
    recent.splice(0, hop);
  }
}

// Backpressure: input is read only as fast as output is consumed. A closed output, as in `| head`, ends the program.
const onError = (error: NodeJS.ErrnoException) => (error.code === "EPIPE" ? undefined : stop(error));
await pipeline(createInterface({ input: process.stdin }), windows, process.stdout).catch(onError);
