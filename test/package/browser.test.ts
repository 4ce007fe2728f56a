/** @file The package in a browser: bundled by esbuild and by vite, and as plain ES modules, it trains to the bits of Node. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { build, transform } from "esbuild";
import { type Browser, chromium } from "playwright-core";
import { build as viteBuild } from "vite";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

// Bundlers, browsers and compilers start here, and the machine may be busy with others.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const root = path.resolve(import.meta.dirname, "../..");
const modules = await fs.realpath(path.join(root, "node_modules"));
const ENTRY = path.join(import.meta.dirname, "page-entry.ts");
const WASM = "ort-wasm-simd-threaded.wasm";
const candidates = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = candidates.find((file) => file !== undefined && existsSync(file));
const inBrowser = test.skipIf(executablePath === undefined);

let [place, browser, server] = ["", undefined as Browser | undefined, undefined as Server | undefined];
let inNode: { bits: string; accuracy: number };

beforeAll(async () => {
  place = await fs.mkdtemp(path.join(tmpdir(), "dmil-browser-"));
  const call = `import { trained } from "./page.ts"; console.log(JSON.stringify(await trained()));`;
  const run = await promisify(execFile)(process.execPath, ["--import", "tsx", "--input-type=module", "-e", call], {
    cwd: import.meta.dirname,
  });
  inNode = JSON.parse(run.stdout);
  if (executablePath === undefined) return;
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  server = createServer(serve).listen(0, "127.0.0.1");
  await new Promise((resolve) => server!.once("listening", resolve));
}, 240_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
  await fs.rm(place, { recursive: true, force: true });
});

const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".wasm": "application/wasm" };
let asked: string[] = [];

/** Files of the workplace, and node_modules as they would lie beside it. */
async function serve(...[{ url = "/" }, response]: Parameters<NonNullable<Parameters<typeof createServer>[1]>>) {
  const { pathname } = new URL(url, "http://localhost");
  asked.push(pathname);
  const [, name = "", inside = ""] = /^\/node_modules\/(dmil\/)?(.*)/.exec(pathname) ?? [];
  const folder = name === "" ? modules : root;
  const file = inside === "" ? path.join(place, pathname) : path.join(folder, inside);
  const bytes = await fs.readFile(file).catch(() => undefined);
  response.writeHead(bytes === undefined ? 404 : 200, {
    "content-type": TYPES[path.extname(file)] ?? "text/javascript",
  });
  response.end(bytes);
}

/** Opens a page and gives what its `trained` gives, or its error. */
async function open(name: string, html: string): Promise<unknown> {
  await fs.mkdir(path.join(place, name), { recursive: true });
  await fs.writeFile(path.join(place, name, "index.html"), `<!doctype html><meta charset="utf-8">${html}`);
  const page = await browser!.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  asked = [];
  await page.goto(`http://127.0.0.1:${(server!.address() as AddressInfo).port}/${name}/index.html`);
  try {
    await page.waitForFunction("globalThis.trained !== undefined", undefined, { timeout: 30_000 }).catch(() => {
      throw new Error(`the page did not load: ${faults.join("; ")}; it asked for ${asked.join(", ")}`);
    });
    return await page.evaluate("trained().catch(({ code, message }) => ({ code, message }))");
  } finally {
    await page.close();
  }
}

async function bundle(name: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    format: "esm",
    // No module of Node is let pass: esbuild refuses them on this platform.
    platform: "browser",
    minify: true,
    write: false,
    outfile: "page.js",
  });
  await fs.mkdir(path.join(place, name), { recursive: true });
  await fs.writeFile(path.join(place, name, "page.js"), outputFiles[0]!.contents);
  return outputFiles[0]!.contents.length;
}

test("a page that trains DMIL and explains it is a bundle of less than 500 kB, without a module of Node", async () => {
  const bytes = await bundle("size");
  expect(bytes).toBeLessThan(500_000);
  expect(bytes).toBeGreaterThan(100_000);
});

inBrowser("bundled by esbuild, with the WebAssembly beside it, it trains to the bits of Node", async () => {
  await bundle("esbuild");
  await fs.copyFile(path.join(modules, "onnxruntime-web/dist", WASM), path.join(place, "esbuild", WASM));
  expect(await open("esbuild", '<script type="module" src="page.js"></script>')).toEqual(inNode);
  expect(asked.filter((file) => file.endsWith(".wasm"))).toEqual([`/esbuild/${WASM}`]);
});

inBrowser("without that file the error names it and says where it is", async () => {
  await bundle("bare");
  expect(await open("bare", '<script type="module" src="page.js"></script>')).toEqual({
    code: "RunError",
    message: expect.stringContaining(`node_modules/onnxruntime-web/dist/${WASM}`),
  });
});

inBrowser("vite finds the WebAssembly by itself", async () => {
  await viteBuild({
    configFile: false,
    root: import.meta.dirname,
    logLevel: "error",
    base: "/vite/",
    build: {
      outDir: path.join(place, "vite"),
      emptyOutDir: true,
      rollupOptions: { input: ENTRY, output: { entryFileNames: "page.js" } },
    },
  });
  expect(await open("vite", '<script type="module" src="page.js"></script>')).toEqual(inNode);
});

inBrowser("dist serves as plain ES modules, with the import map that docs/browser.md shows", async () => {
  const [, map] = /```json\n(.*?)```/s.exec(await fs.readFile(path.join(root, "docs/browser.md"), "utf8"))!;
  const script = await transform(await fs.readFile(path.join(import.meta.dirname, "page.ts"), "utf8"), {
    loader: "ts",
  });
  const html =
    `<script type="importmap">${map}</script><script type="module">` +
    `${script.code}globalThis.trained = trained;</script>`;
  expect(await open("modules", html)).toEqual(inNode);
});
