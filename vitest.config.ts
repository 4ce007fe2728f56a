import { defineConfig } from "vitest/config";

/** `npm test` runs everything but the slow suites; `npm run test:all` sets DMIL_TEST_ALL=1 and runs those too. */
const all = process.env.DMIL_TEST_ALL === "1";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: all ? [] : ["test/truth/**", "test/cli/**", "test/package/**"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
