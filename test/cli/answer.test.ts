/** @file Errors as they reach the terminal: ours in one line, unexpected ones as a bug of ours, a stack only when asked for. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { printAnswer, printError } from "../../src/cli/answer.ts";
import { listenForInterrupt } from "../../src/cli/interrupt.ts";
import { configError, dataError } from "../../src/core/errors.ts";

let [stdout, stderr] = ["", ""];
beforeEach(() => {
  [stdout, stderr] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test("wrong use is 2, everything else 1", () => {
  expect(printError(configError("a"), false)).toBe(2);
  expect(printError(dataError("b"), false)).toBe(1);
  expect(printError(new TypeError("c"), false)).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).not.toMatch(/\n {4}at /);
});

test("an unexpected error is ours, and has its stack only under DMIL_DEBUG", () => {
  printError(new TypeError("x is not iterable"), false);
  expect(stderr).toBe(
    "InternalError: internal: x is not iterable. This is a bug in dmil, not in what you typed; please report it with the command. Run the command again with DMIL_DEBUG=1 to print the stack trace.\n",
  );
  vi.stubEnv("DMIL_DEBUG", "1");
  stderr = "";
  printError(new TypeError("x is not iterable"), false);
  expect(stderr).toMatch(/please report it with the command\.\nTypeError: x is not iterable\n {4}at /);
});

test("too little memory is no bug", () => {
  expect(printError(new RangeError("Array buffer allocation failed"), false)).toBe(1);
  expect(stderr).toMatch(
    /^RunError: there is not enough memory \(Array buffer allocation failed\)\. Use a smaller model/,
  );
});

test("several issues are lines of their own; as JSON they are data", () => {
  const issues = [{ path: ["a"], message: "m" }];
  printError(configError("a: m\nb: n", { issues, rows: 3n }), true);
  expect(stderr).toBe("ConfigError:\n  a: m\n  b: n\n");
  expect(JSON.parse(stdout)).toEqual({ error: { code: "ConfigError", message: "a: m\nb: n", issues, rows: "3" } });
});

test("an answer is its text or its document", () => {
  printAnswer({ text: "done\n", json: { done: true } }, false);
  printAnswer({ text: "done\n", json: { done: true } }, true);
  expect(stdout).toBe('done\n{\n  "done": true\n}\n');
});

test("an error of the system is told as what it is, and never as a bug", () => {
  const refused = Object.assign(new Error("EMFILE: too many open files, open 'x'"), {
    code: "EMFILE",
    syscall: "open",
    path: "x",
  });
  expect(printError(refused, true)).toBe(1);
  expect(stderr).toMatch(/^RunError: open x: too many files are open in this process\. Raise the limit/);
  expect(JSON.parse(stdout).error).toMatchObject({ code: "RunError", system: "EMFILE" });
});

test("the first interrupt asks; after it the system's own way of ending a process is back", () => {
  const told: string[] = [];
  const before = [process.listenerCount("SIGINT"), process.listenerCount("SIGTERM")];
  const interrupt = listenForInterrupt((text) => told.push(text));
  expect(process.listenerCount("SIGTERM")).toBe(before[1]! + 1);
  process.emit("SIGINT");
  expect([interrupt.signal.aborted, told.length]).toEqual([true, 1]);
  expect([process.listenerCount("SIGINT"), process.listenerCount("SIGTERM")]).toEqual(before);
  interrupt.release();
  expect([process.listenerCount("SIGINT"), process.listenerCount("SIGTERM")]).toEqual(before);
});
