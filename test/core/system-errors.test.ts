/** @file Errors that are not ours: the system's are told with what to do, too little memory is no bug, the rest is ours. */
import * as fs from "node:fs/promises";
import { expect, test } from "vitest";
import { runError } from "../../src/core/errors.ts";
import { expected } from "../../src/core/system-errors.ts";

const raw = (code: string, more: object = {}): Error => Object.assign(new Error(`${code}: raw`), { code, ...more });

test("an error of the system is a RunError with its reason, whether or not it names its call", async () => {
  const thrown = await fs.readFile("/").catch((error: unknown) => error);
  expect(expected(thrown)).toMatchObject({ code: "RunError", message: "read: it is a folder, not a file." });
  expect(expected(raw("ENOSPC", { syscall: "write", path: "/x" }))).toMatchObject({
    code: "RunError",
    message: "write /x: no space is left on the device. Free some, then go on.",
    fields: { system: "ENOSPC" },
  });
  for (const code of ["EIO", "EPIPE", "E2BIG"]) expect(expected(raw(code)).code).toBe("RunError");
});

test("ours stay as they are; a fault of the program is one, whatever was thrown", () => {
  const own = runError("no");
  expect(expected(own)).toBe(own);
  for (const thrown of [new TypeError("x"), raw("ERR_INVALID_ARG_TYPE"), "words", undefined, null]) {
    expect(expected(thrown)).toMatchObject({ code: "InternalError", message: expect.stringMatching(/^internal: /) });
  }
});
