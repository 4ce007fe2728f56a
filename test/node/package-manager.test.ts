import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installCommand } from "../../src/node/package-manager.ts";

let place = "";
beforeAll(async () => {
  place = await fs.mkdtemp(path.join(tmpdir(), "dmil-manager-"));
});
afterAll(() => fs.rm(place, { recursive: true, force: true }));

async function project(name: string, ...files: string[]): Promise<string> {
  const inside = path.join(place, name, "node_modules/dmil");
  await fs.mkdir(inside, { recursive: true });
  for (const file of files) await fs.writeFile(path.join(place, name, file), "");
  return inside;
}

test.each([
  ["npm install --ignore-scripts", ["package-lock.json"]],
  ["pnpm install --force --ignore-scripts", ["pnpm-lock.yaml"]],
  ["bun install --ignore-scripts", ["bun.lock"]],
  ["bun install --ignore-scripts", ["bun.lockb"]],
  ["yarn install --force --ignore-scripts", ["yarn.lock"]],
  ["yarn install --mode=skip-build", ["yarn.lock", ".yarnrc.yml"]],
])("%s, where the project has %s", async (command, files) => {
  expect(installCommand(await project(`with-${files.join("-")}`, ...files), "npm/11.0.0 node/v20")).toBe(command);
});

test.each([
  ["npm install --global dmil --ignore-scripts", undefined],
  ["npm install --global dmil --ignore-scripts", "npm/11.19.1 node/v20.20.2 linux x64 workspaces/false"],
  ["pnpm install --force --ignore-scripts", "pnpm/12.21.0 npm/? node/v20.20.2 linux x64"],
  ["yarn install --force --ignore-scripts", "yarn/1.22.22 npm/? node/v20.20.2 linux x64"],
  ["yarn install --mode=skip-build", "yarn/4.18.1 npm/? node/v20.20.2 linux x64"],
  ["bun install --ignore-scripts", "bun/1.4.5 npm/? node/v24 linux x64"],
])("%s, without a lock file, asked by %s", async (command, agent) => {
  expect(installCommand(await project("bare"), agent ?? "")).toBe(command);
});
