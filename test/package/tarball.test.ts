/** @file What would be published: everything it names is in it, nothing else is, and it works where it is installed. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

// Bundlers, browsers and compilers start here, and the machine may be busy with others.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const call = promisify(execFile);
const root = path.resolve(import.meta.dirname, "../..");
interface Package {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly browser: Readonly<Record<string, string>>;
}

let [place, shipped] = ["", ""];
let files: readonly string[];
let facts: Package;
let sizes: { readonly size: number; readonly unpackedSize: number };

beforeAll(async () => {
  place = await fs.mkdtemp(path.join(tmpdir(), "dmil-package-"));
  // The build is the one that the slow suites use; `prepack` would write it anew under their hands.
  const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", place];
  const { stdout } = await call("npm", pack, { cwd: root });
  const [packed] = JSON.parse(stdout);
  sizes = packed;
  files = packed.files.map((file: { path: string }) => file.path);
  const modules = path.join(place, "node_modules");
  shipped = path.join(modules, "dmil");
  await fs.mkdir(shipped, { recursive: true });
  await call("tar", ["-xzf", path.join(place, packed.filename), "-C", shipped, "--strip-components=1"]);
  facts = JSON.parse(await fs.readFile(path.join(shipped, "package.json"), "utf8"));
  const installed = await fs.realpath(path.join(root, "node_modules"));
  for (const name of await fs.readdir(installed)) {
    if (name !== "dmil") await fs.symlink(path.join(installed, name), path.join(modules, name));
  }
  await fs.writeFile(path.join(place, "package.json"), '{ "type": "module" }');
}, 120_000);

afterAll(() => fs.rm(place, { recursive: true, force: true }));

const entries = (): string[] =>
  Object.keys(facts.exports)
    .filter((name) => !name.endsWith(".json"))
    .map((name) => path.posix.join("dmil", name));

test("it is small, and holds no maps, no sources, no tests", () => {
  // Half of it is the program, a third the docs, a fifth the declarations with their docstrings.
  expect(sizes.size).toBeLessThan(1_330_000);
  expect(sizes.unpackedSize).toBeLessThan(4_700_000);
  const kinds = new Set(
    files.map((file) => (file.startsWith("dist/") ? file.replace(/^.*?\.(?=d\.ts$|\w+$)/, "") : "")),
  );
  expect([...kinds].sort()).toEqual(["", "d.ts", "js"]);
  expect(files.filter((file) => /^(src|test|scripts|node_modules|\.)/.test(file))).toEqual([]);
});

test("no file points to a map", async () => {
  const scripts = files.filter((file) => file.endsWith(".js"));
  expect(scripts.length).toBeGreaterThan(200);
  const texts = await Promise.all(scripts.map((file) => fs.readFile(path.join(shipped, file), "utf8")));
  expect(scripts.filter((_, index) => texts[index]!.includes("sourceMappingURL"))).toEqual([]);
});

test("every path that package.json names is shipped", () => {
  const named = [
    ...Object.values(facts.exports).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target),
    ),
    ...Object.values(facts.bin),
    ...Object.entries(facts.browser).flat(),
  ].map((file) => path.posix.normalize(file));
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((file) => !files.includes(file))).toEqual([]);
});

test("every relative link of the pages that are shipped leads to a shipped file", async () => {
  const lost: string[] = [];
  for (const page of files.filter((file) => file.endsWith(".md"))) {
    const text = await fs.readFile(path.join(shipped, page), "utf8");
    for (const [, link = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(\w+:|#)/.test(link)) continue;
      const target = path.posix.join(path.posix.dirname(page), link.split("#")[0]!);
      // docs/methods.md points to sources, for readers of the repository.
      const there = target.startsWith("src/")
        ? existsSync(path.join(root, target))
        : files.some((file) => file === target || file.startsWith(target.replace(/\/?$/, "/")));
      if (!there) lost.push(`${page}: ${link}`);
    }
  }
  expect(lost).toEqual([]);
});

test("every entry loads in Node, with the names of its sources", async () => {
  for (const [entry, target] of Object.entries(facts.exports)) {
    if (typeof target === "string") continue;
    const name = path.posix.join("dmil", entry);
    const source = path.join(root, target.default!.replace("./dist/", "src/").replace(/\.js$/, ".ts"));
    const script = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(name)})).sort()))`;
    const { stdout } = await call(process.execPath, ["--input-type=module", "-e", script], { cwd: place });
    expect(JSON.parse(stdout), name).toEqual(Object.keys(await import(source)).sort());
  }
});

test.each([
  ["node16", "node16"],
  ["esnext", "bundler"],
])(
  "types resolve with module %s and moduleResolution %s, the shipped declarations checked too",
  async (module, resolution) => {
    const text = entries().map(
      (name, index) => `import * as entry${index} from "${name}"; console.log(entry${index});`,
    );
    await fs.writeFile(
      path.join(place, "use.ts"),
      `${text.join("\n")}
import { fit } from "dmil";
// @ts-expect-error a name that does not exist
import { nothing } from "dmil";
// @ts-expect-error types are known: fit is no number
export const wrong: number = fit;
console.log(nothing);
`,
    );
    const flags = ["--noEmit", "--strict", "--target", "es2022", "--types", "node", "--module", module];
    const tsc = path.join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = await call(process.execPath, [tsc, ...flags, "--moduleResolution", resolution, "use.ts"], {
      cwd: place,
    }).catch((error) => error);
    expect(stdout).toBe("");
  },
);

test("the examples of CONTRIBUTING.md compile and run outside the repository", async () => {
  const folder = path.join(place, "author");
  await fs.mkdir(folder);
  const text = await fs.readFile(path.join(shipped, "CONTRIBUTING.md"), "utf8");
  const blocks = [...text.matchAll(/```ts\n\/\/ (\w+\.ts)\n(.*?)```/gs)];
  expect(blocks.map(([, name]) => name)).toEqual(["calm.ts", "use.ts"]);
  for (const [, name, code] of blocks) await fs.writeFile(path.join(folder, name!), code!);
  const wrong =
    'import { calm } from "./calm.js";\n// @ts-expect-error an option that it does not have\ncalm({ encoders: {}, smothing: 1 });\n';
  await fs.writeFile(path.join(folder, "wrong.ts"), wrong);
  const flags = ["--strict", "--target", "es2022", "--types", "node", "--module", "nodenext", "--declaration"];
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await call(process.execPath, [tsc, ...flags, "use.ts", "wrong.ts"], { cwd: folder }).catch(
    (error) => error,
  );
  expect(stdout).toBe("");
  const run = await call(process.execPath, ["use.js"], { cwd: folder });
  expect(Number(run.stdout)).toBeGreaterThan(0.3);
  const message =
    /ConfigError.*calm\.smothing: unknown option "smothing"; did you mean "smoothing"\?|calm: encoders has 0 modalities/s;
  await expect(call(process.execPath, ["wrong.js"], { cwd: folder })).rejects.toThrow(message);
});

test("the command runs from where it is installed", async () => {
  const main = path.join(shipped, facts.bin.dmil!);
  expect(await fs.readFile(main, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  const { stdout } = await call(process.execPath, [main, "--version"], { cwd: place });
  expect(stdout).toBe(`${facts.version}\n`);
  expect((await call(process.execPath, [main, "methods"], { cwd: place })).stdout).toMatch(/^dmil /m);
});

test("publint finds nothing", async () => {
  const { messages, pkg } = await publint({ pkgDir: shipped, strict: true, level: "warning", pack: false });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});
