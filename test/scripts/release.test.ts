/** @file What a release writes, what it refuses, and the repository's files that other programs read. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { cited, dated, obstacles, versioned } from "../../scripts/release.ts";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const facts = JSON.parse(read("package.json"));

test("the heading that waits becomes the version and the day, older ones stay", () => {
  const older = "\n- new\n\n## 0.1.0 (2026-11-01)\n\n- old\n";
  for (const heading of ["Unreleased", "0.2.0 (not released)"]) {
    const text = dated(`# Changelog\n\n## ${heading}\n${older}`, "0.2.0", "2026-12-01");
    expect(text).toBe(`# Changelog\n\n## 0.2.0 (2026-12-01)\n${older}`);
  }
  expect(() => dated(`# Changelog${older}`, "0.2.0", "2026-12-01")).toThrow(
    'CHANGELOG.md: the first heading is "0.1.0 (2026-11-01)"; write what is new under "## Unreleased" before a release.',
  );
});

test("the citation takes version and day, again and again", () => {
  const once = cited("title: x\nversion: 0.1.0\nlicense: y\n", "0.2.0", "2026-12-01");
  expect(once).toBe("title: x\nversion: 0.2.0\ndate-released: 2026-12-01\nlicense: y\n");
  expect(cited(once, "0.3.0", "2026-12-24")).toBe("title: x\nversion: 0.3.0\ndate-released: 2026-12-24\nlicense: y\n");
  expect(() => cited("title: x\n", "0.2.0", "2026-12-01")).toThrow("the line `version:` is missing");
});

test("the code takes the version, and nothing else in it changes", () => {
  const source = read("src/core/version.ts");
  expect(versioned(source, facts.version)).toBe(source);
  expect(versioned(source, "2.0.0-rc.1")).toBe(source.replace(facts.version, "2.0.0-rc.1"));
  expect(() => versioned("const V = 1;\n", "2.0.0")).toThrow("the line `export const VERSION` is missing");
});

test("a tag is refused that is not the version, has no entry, or belongs to no repository", () => {
  const changelog = "# Changelog\n\n## 0.2.0 (2026-12-01)\n";
  const good = { version: "0.2.0", repository: "host/dmil" };
  expect(obstacles("v0.2.0", good, changelog)).toEqual([]);
  expect(obstacles("v0.2.1", good, changelog)).toEqual([expect.stringContaining("the tag is v0.2.1")]);
  expect(obstacles("v0.2.0", good, "# Changelog\n\n## Unreleased\n")).toEqual([expect.stringContaining("CHANGELOG")]);
  expect(obstacles("v0.2.0", { version: "0.2.0" }, changelog)).toEqual([expect.stringContaining("`repository`")]);
});

test("the command writes all files, and its check answers by exit code", async () => {
  const place = await fs.mkdtemp(path.join(tmpdir(), "dmil-release-"));
  const write = (file: string, text: string) => fs.writeFile(path.join(place, file), text);
  await write("package.json", '{ "version": "1.2.3", "repository": "host/dmil" }');
  await write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n- new\n");
  await write("CITATION.cff", read("CITATION.cff"));
  await fs.mkdir(path.join(place, "src/core"), { recursive: true });
  await write("src/core/version.ts", read("src/core/version.ts"));
  const script = path.join(root, "scripts/release.ts");
  const call = (...words: string[]) =>
    promisify(execFile)(process.execPath, ["--import", import.meta.resolve("tsx"), script, ...words], { cwd: place });
  await expect(call("check", "v1.2.3")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("dated") });
  await call("notes");
  const day = new Date().toISOString().slice(0, 10);
  expect(await fs.readFile(path.join(place, "CHANGELOG.md"), "utf8")).toContain(`\n## 1.2.3 (${day})\n`);
  expect(parse(await fs.readFile(path.join(place, "CITATION.cff"), "utf8")).version).toBe("1.2.3");
  expect(await fs.readFile(path.join(place, "src/core/version.ts"), "utf8")).toContain('VERSION = "1.2.3";');
  // `npm version` commits what this script adds: a file that is written and not added would miss in the tag.
  for (const file of ["CHANGELOG.md", "CITATION.cff", "src/core/version.ts"]) {
    expect(facts.scripts.version).toContain(file);
  }
  await call("check", "v1.2.3");
  await fs.rm(place, { recursive: true });
});

test("the citation, the workflow and the issue forms are what those read who take them", () => {
  const citation = parse(read("CITATION.cff"));
  expect(citation).toMatchObject({ "cff-version": "1.2.0", version: facts.version, license: facts.license });
  expect(citation.references[0].authors).toHaveLength(5);
  const steps = parse(read(".github/workflows/release.yml")).jobs.publish.steps.flatMap(
    ({ run }: { run?: string }) => run ?? [],
  );
  const scripts = steps.flatMap((run: string) => /^npm run ([\w:]+)/.exec(run)?.[1] ?? []);
  expect(scripts.length).toBeGreaterThan(2);
  expect(scripts.filter((name: string) => facts.scripts[name] === undefined)).toEqual([]);
  for (const file of readdirSync(path.join(root, ".github/ISSUE_TEMPLATE"))) {
    const form = parse(read(`.github/ISSUE_TEMPLATE/${file}`));
    expect(form, file).toMatchObject({ name: expect.any(String), description: expect.any(String) });
    for (const { type, id, attributes } of form.body) {
      expect(["textarea", "input"], `${file} ${id}`).toContain(type);
      expect(attributes.label.length).toBeGreaterThan(3);
    }
  }
});
