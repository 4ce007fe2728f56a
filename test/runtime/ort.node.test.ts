/** @file The native library's telemetry is switched off before it is loaded, and only then. */
import { afterEach, expect, test, vi } from "vitest";
import { withoutTelemetry } from "../../src/runtime/ort.node.ts";

afterEach(() => vi.unstubAllEnvs());

test.each([
  { given: undefined, allow: undefined, switched: "1" },
  { given: "0", allow: undefined, switched: "1" },
  { given: "1", allow: undefined, switched: "1" },
  { given: undefined, allow: "0", switched: "1" },
  { given: undefined, allow: "1", switched: undefined },
  { given: "1", allow: "1", switched: "1" },
])("ORT_DISABLE_TELEMETRY $given with DMIL_ALLOW_TELEMETRY $allow becomes $switched", ({ given, allow, switched }) => {
  vi.stubEnv("ORT_DISABLE_TELEMETRY", given);
  vi.stubEnv("DMIL_ALLOW_TELEMETRY", allow);
  withoutTelemetry();
  expect(process.env.ORT_DISABLE_TELEMETRY).toBe(switched);
});
