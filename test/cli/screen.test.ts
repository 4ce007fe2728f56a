/** @file The picture of a run on a terminal: what stands on it after each event, within its width and height. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createScreen } from "../../src/cli/screen.ts";
import type { FitEvent } from "../../src/train/events.ts";

const ESC = "\u001b";
const CODES = new RegExp(`(${ESC}\\[\\d*[FJ]|\\n)`);

/** A terminal that knows the few codes the screen uses. */
function terminal(columns: number, rows: number) {
  let lines: string[] = [""];
  const put = (text: string): void => {
    for (const part of text.split(CODES)) {
      if (part === "\n") lines.push("");
      else if (part.startsWith(ESC) && part.endsWith("F")) {
        lines = [...lines.slice(0, -1 - Number.parseInt(part.slice(2), 10)), ""];
      } else if (part !== "" && !part.startsWith(ESC)) lines[lines.length - 1] += part;
    }
  };
  const stream = {
    isTTY: true,
    columns,
    rows,
    write(text: string) {
      put(text);
      return true;
    },
  };
  return { stream: stream as unknown as NodeJS.WriteStream, lines: () => lines.slice(0, -1) };
}

const started: FitEvent = {
  kind: "started",
  method: "dmil",
  parameters: 1234,
  backend: "native 1.30.0",
  threads: 1,
  stages: [
    { name: "intra", epochs: 2 },
    { name: "whole", epochs: 30 },
  ],
  resumed: false,
};
const epoch = (stage: string, at: number, epochs: number): FitEvent => ({
  kind: "epoch",
  stage,
  epoch: at,
  epochs,
  learningRate: 0.001,
  train: { loss: 0.5321, accuracy: 0.91, terms: { "ce.prediction": 0.4, "kl.redundant": 0.1321 } },
  validation: { accuracy: 0.638, logLoss: 0.7 },
  best: { accuracy: 0.641, epoch: 1 },
  seconds: 2.1,
  secondsLeft: 200,
});

beforeEach(() => {
  vi.stubEnv("NO_COLOR", "1");
  vi.stubEnv("LC_ALL", "C.UTF-8");
  vi.stubEnv("TERM", "xterm");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test("one picture, drawn anew in its place; notes stay above it", () => {
  const { stream, lines } = terminal(100, 24);
  const screen = createScreen("clips-dmil-0", false, stream);
  screen.onEvent(started);
  expect(lines()).toMatchInlineSnapshot(`
    [
      "clips-dmil-0  dmil, 1234 parameters, native 1.30.0, 1 thread",
      "  intra  ░░░░░░░░░░░░░░░░░░░░    0/2",
      "  whole  ░░░░░░░░░░░░░░░░░░░░   0/30",
    ]
  `);
  screen.onEvent(epoch("intra", 1, 2));
  screen.onEvent(epoch("intra", 2, 2));
  screen.onEvent({ kind: "note", message: "a note" });
  screen.onEvent(epoch("whole", 30, 30));
  expect(lines()).toMatchInlineSnapshot(`
    [
      "a note",
      "clips-dmil-0  dmil, 1234 parameters, native 1.30.0, 1 thread",
      "  intra  ████████████████████    2/2  train 0.910  validation 0.638 (best 0.641 at 1)",
      "  whole  ████████████████████  30/30  train 0.910  validation 0.638 (best 0.641 at 1)",
      "  loss 0.5321  ce.prediction 0.4000  kl.redundant 0.1321",
      "  2.1 s/epoch  3 min 20 s left",
    ]
  `);
  screen.done();
  expect(lines()).toMatchInlineSnapshot(`
    [
      "a note",
      "clips-dmil-0  dmil, 1234 parameters, native 1.30.0, 1 thread",
      "  intra  ████████████████████    2/2  train 0.910  validation 0.638 (best 0.641 at 1)",
      "  whole  ████████████████████  30/30  train 0.910  validation 0.638 (best 0.641 at 1)",
    ]
  `);
});

test("a resumed run shows the stages before as done", () => {
  const { stream, lines } = terminal(100, 24);
  const screen = createScreen("x", false, stream);
  screen.onEvent({ ...started, resumed: true });
  screen.onEvent({ kind: "step", stage: "whole", epoch: 16, epochs: 30, step: 1, steps: 2, loss: 1, accuracy: 0.5 });
  screen.done();
  expect(lines()[0]).toMatch(/, resumed$/);
  expect(lines()[1]).toContain("████████████████████    2/2");
  expect(lines()[2]).toContain("██████████░░░░░░░░░░  15/30");
});

test.each([
  [40, 24],
  [100, 4],
])("nothing is wider or higher than a terminal of %i x %i", (columns, rows) => {
  const { stream, lines } = terminal(columns, rows);
  const screen = createScreen("a-run-with-quite-a-long-name-0", false, stream);
  for (const event of [started, epoch("intra", 2, 2), epoch("whole", 30, 30)]) screen.onEvent(event);
  expect(Math.max(...lines().map((line) => line.length))).toBeLessThan(columns);
  expect(lines().length).toBeLessThan(rows);
});

test("elsewhere one plain line an epoch, and nothing when quiet", () => {
  const { stream, lines } = terminal(100, 24);
  const pipe = Object.assign(stream, { isTTY: false });
  const screen = createScreen("clips-dmil-0", false, pipe);
  for (const event of [started, epoch("whole", 17, 30)]) screen.onEvent(event);
  screen.done();
  expect(lines()).toMatchInlineSnapshot(`
    [
      "clips-dmil-0  dmil, 1234 parameters, native 1.30.0, 1 thread",
      "clips-dmil-0  whole 17/30  loss 0.5321  train 0.910  validation 0.638 (best 0.641 at 1)  2.1 s/epoch  3 min 20 s left",
    ]
  `);
  const quiet = terminal(100, 24);
  const silent = createScreen("clips-dmil-0", true, quiet.stream);
  for (const event of [started, epoch("whole", 17, 30)]) silent.onEvent(event);
  silent.note("x");
  silent.done();
  expect(quiet.lines()).toEqual([]);
});
