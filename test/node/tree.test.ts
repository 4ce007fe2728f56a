/** @file Folders of raw files: all names, bytes by ranges, links, and files that are written in parts. */
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { streamedDisk } from "../../src/node/streamed.ts";
import { freeBytes, tree, unlisted } from "../../src/node/tree.ts";

let root = "";
beforeAll(async () => {
  root = await fs.mkdtemp(path.join(tmpdir(), "dmil-tree-"));
  await fs.mkdir(path.join(root, "raw/a/b"), { recursive: true });
  await fs.writeFile(path.join(root, "raw/a/b/-one.wav"), "0123456789");
  await fs.writeFile(path.join(root, "raw/two.csv"), "x");
  await fs.symlink(path.join(root, "raw"), path.join(root, "raw/a/circle"));
  await fs.symlink(path.join(root, "nowhere"), path.join(root, "raw/broken.wav"));
});
afterAll(() => fs.rm(root, { recursive: true, force: true }));

test("all files below a folder, without a circle of links or links that lead nowhere; their bytes by ranges", async () => {
  const { files, range, size, read } = await tree(path.join(root, "raw"));
  expect([...files].sort()).toEqual(["a/b/-one.wav", "two.csv"]);
  expect(new TextDecoder().decode(await range("a/b/-one.wav", 8, 5))).toBe("89");
  expect(new TextDecoder().decode(await read("two.csv"))).toBe("x");
  expect(await size("a/b/-one.wav")).toBe(10);
  await expect(unlisted(path.join(root, "raw")).size("three.csv")).rejects.toThrow("there is no file three.csv.");
  await expect(tree(path.join(root, "row"))).rejects.toThrow(/there is no folder .*row .*Did you mean .*raw\?/);
  expect(await freeBytes(path.join(root, "not/yet"))).toBeGreaterThan(0);
});

test("a file in parts appears when it is closed, with all bytes, and not at all when it is discarded", async () => {
  const store = streamedDisk(path.join(root, "out"));
  const sink = await store.create("train/audio.npy");
  const parts = [
    Uint8Array.of(1, 2),
    new Uint8Array(3_000_000).fill(7),
    new Uint8Array(700_000).fill(8),
    new Uint8Array(700_000).fill(9),
  ];
  for (const part of parts) await sink.write(part);
  expect(await store.exists("train/audio.npy")).toBe(false);
  expect(await store.list()).toEqual([]);
  await sink.close();
  expect(Buffer.compare(await store.read("train/audio.npy"), Buffer.concat(parts))).toBe(0);
  const other = await store.create("train/face.npy");
  await other.write(Uint8Array.of(1));
  await other.discard();
  expect(await fs.readdir(path.join(root, "out/train"))).toEqual(["audio.npy"]);
});
