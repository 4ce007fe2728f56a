/** @file Exported files in a browser: in onnxruntime-web they say what `explain` says. */
import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toOnnx } from "../../src/evaluation/export.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { report } from "../../src/interactions/explain.ts";
import { expectedOf, exportCases, feedsOf } from "../support/exported.ts";
import { difference } from "../support/numbers.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
if (CHROMIUM === undefined)
  console.warn("SKIPPED: there is no Chromium here; exported files were not checked in a browser.");

const RUNTIME = path.resolve(import.meta.dirname, "../../node_modules/onnxruntime-web/dist");
const PAGE = `<!doctype html><meta charset="utf-8"><script type="module">
import * as ort from "/runtime/ort.wasm.bundle.min.mjs";
ort.env.wasm.wasmPaths = "/runtime/";
ort.env.wasm.numThreads = 1;
globalThis.answersOf = async (model, feeds) => {
  const session = await ort.InferenceSession.create(model);
  const tensors = session.inputNames.map((name) => {
    const { dims, data } = feeds[name];
    return [name, new ort.Tensor("float32", Float32Array.from(data), dims)];
  });
  const out = await session.run(Object.fromEntries(tensors));
  const answers = Object.entries(out).map(([name, { data }]) => [name, [...data]]);
  await session.release();
  return Object.fromEntries(answers);
};
</script>`;

/** The exported files by path. */
const models = new Map<string, Uint8Array>();
const types: Readonly<Record<string, string>> = { ".mjs": "text/javascript", ".wasm": "application/wasm" };

const server: Server = createServer((request, response) => {
  const url = request.url ?? "/";
  const give = (type: string, body: string | Uint8Array): void => {
    response.writeHead(200, { "content-type": type }).end(body);
  };
  if (url === "/") give("text/html", PAGE);
  else if (models.has(url)) give("application/octet-stream", models.get(url)!);
  else {
    const name = path.basename(url);
    fs.readFile(path.join(RUNTIME, name)).then(
      (bytes) => give(types[path.extname(name)] ?? "text/plain", bytes),
      () => response.writeHead(404).end(),
    );
  }
});
let browser: Browser | undefined;

beforeAll(async () => {
  if (CHROMIUM === undefined) return;
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
  browser = await chromium.launch({ executablePath: CHROMIUM, args });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  server.close();
});

test.runIf(CHROMIUM !== undefined)("every method and kind of target, with gaps too", { timeout: 300_000 }, async () => {
  const page = await browser!.newPage();
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.waitForFunction("globalThis.answersOf !== undefined");
  for (const { name, fitted, whole, gaps } of exportCases()) {
    for (const [data, missing] of [
      [whole, false],
      [gaps, true],
    ] as const) {
      const url = `/${models.size}.onnx`;
      models.set(url, toOnnx(fitted, { missing }));
      const feeds = Object.entries(feedsOf(fitted, data, missing)).map(
        ([input, { dims, data: values }]) => [input, { dims, data: [...values] }] as const,
      );
      const said = await page.evaluate(
        ({ url, feeds }) =>
          (
            globalThis as unknown as { answersOf(url: string, feeds: object): Promise<Record<string, number[]>> }
          ).answersOf(url, feeds),
        { url, feeds: Object.fromEntries(feeds) },
      );
      const predictions = await predict(fitted, data);
      const expected = expectedOf(fitted.target, predictions, report(predictions, data, fitted).samples);
      for (const [output, values] of Object.entries(expected)) {
        expect(difference(values, said[output]!), `${name} ${output}`).toBeLessThan(output === "bits" ? 1e-4 : 1e-5);
      }
    }
  }
  expect(errors).toEqual([]);
});
