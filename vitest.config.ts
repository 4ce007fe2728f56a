import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { defineConfig } from "vitest/config";

/** `npm test` runs everything but the slow suites; `npm run test:all` sets DMIL_TEST_ALL=1 and runs those too. */
const all = process.env.DMIL_TEST_ALL === "1";
const slow = /^test\/(cli|outside|package|truth)\//;

const files = readdirSync(path.join(import.meta.dirname, "test"), { recursive: true, encoding: "utf8" })
  .map((file) => path.posix.join("test", file.replaceAll(path.sep, "/")))
  .filter((file) => file.endsWith(".test.ts") && (all || !slow.test(file)));

/**
 * Most tests share a process, which loads the modules once and compiles a graph once (shared-sessions.ts); that saves more than half of the
 * time. Those that change modules, globals or the process get one of their own, and so do the slow suites and the tests of training itself,
 * which must meet no session that others compiled.
 */
const changes = /\bvi\.|process\.(execArgv|umask|chdir)|process\.env\.\w+ =|globalThis\.|console\.\w+ =/;
const apart = files.filter(
  (file) =>
    slow.test(file) ||
    file === "test/train/fit.test.ts" ||
    changes.test(readFileSync(path.join(import.meta.dirname, file), "utf8")),
);

export default defineConfig({
  test: {
    pool: "forks",
    // Some tests load onnxruntime by themselves; they are not to send its events either.
    env: { ORT_DISABLE_TELEMETRY: "1" },
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: "together",
          include: files.filter((file) => !apart.includes(file)),
          isolate: false,
          setupFiles: ["test/support/shared-sessions.ts"],
        },
      },
      { extends: true, test: { name: "apart", include: apart } },
    ],
  },
});
