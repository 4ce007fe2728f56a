/** @file A folder on disk keeps the same laws as one in memory, replaces files whole, and says what is wrong with a place. */
import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { dataError } from "../../src/core/errors.ts";
import { type Folder, memoryFolder, openBytes, readText } from "../../src/core/folder.ts";
import { sha256 } from "../../src/core/hash.ts";
import { removeAsides } from "../../src/node/asides.ts";
import { disk, makeDirectory, replaceFolder } from "../../src/node/disk.ts";

const base = await fs.mkdtemp(path.join(tmpdir(), "dmil-disk-"));
afterAll(() => fs.rm(base, { recursive: true, force: true }));
let made = 0;
const fresh = (): string => path.join(base, `folder${made++}`);
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable("it did not fail"),
    (error) => error,
  );

describe.each<[string, () => Folder]>([
  ["memory", () => memoryFolder()],
  ["disk", () => disk(fresh())],
])("a folder in %s", (_, make) => {
  test("gives back what was written, and a later write replaces it whole", async () => {
    const folder = make();
    await folder.write("a/b.txt", "a longer text");
    await folder.write("a/b.txt", "short");
    expect(await readText(folder, "a/b.txt")).toBe("short");
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
    await folder.write("bytes", bytes);
    expect(Buffer.compare(await folder.read("bytes"), bytes)).toBe(0);
    await folder.write("empty", "");
    expect(await folder.read("empty")).toHaveLength(0);
  });

  test("appends, making the file first", async () => {
    const folder = make();
    await folder.append("log/x.jsonl", "1\n");
    await folder.append("log/x.jsonl", "2\n");
    expect(await readText(folder, "log/x.jsonl")).toBe("1\n2\n");
  });

  test("lists files below a name, sorted, and knows what is there", async () => {
    const folder = make();
    for (const name of ["b", "a/z", "a/deep/er", "ab"]) await folder.write(name, name);
    expect(await folder.list()).toEqual(["a/deep/er", "a/z", "ab", "b"]);
    expect(await folder.list("a")).toEqual(["a/deep/er", "a/z"]);
    expect(await folder.list("nothing")).toEqual([]);
    expect([await folder.exists("a/z"), await folder.exists("a"), await folder.exists("a/z/y")]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("removes, and removing twice is no error", async () => {
    const folder = make();
    await folder.write("a", "1");
    await folder.remove("a");
    await folder.remove("a");
    expect(await folder.exists("a")).toBe(false);
  });

  test("has no file that was not written", async () => {
    const error = await failure(make().read("x.npy"));
    expect(error).toMatchObject({ code: "RunError", message: expect.stringMatching(/there is no file x\.npy\.$/) });
  });
});

test.each(["../x", "a/../../x", "/etc/passwd", "a//b", "./a", "", "C:\\x", "a\0b", "..", "a/.."])(
  "the name %j does not leave the folder",
  async (name) => {
    const folder = disk(fresh());
    for (const act of [
      folder.read(name),
      folder.write(name, "x"),
      folder.append(name, "x"),
      folder.exists(name),
      folder.remove(name),
    ]) {
      expect(await failure(act)).toMatchObject({
        code: "RunError",
        message: expect.stringContaining("is not a file name below this folder"),
      });
    }
  },
);

test("a missing folder is a DataError that names the nearest one beside it; a file is no folder", async () => {
  const place = fresh();
  await disk(path.join(place, "clips")).write("x", "1");
  expect(await failure(disk(path.join(place, "clipz")).list())).toMatchObject({
    code: "DataError",
    message: `there is no folder ${place}/clipz (in ${place}). Did you mean ${place}/clips?`,
  });
  expect(await failure(disk(path.join(place, "clips/x")).list())).toMatchObject({
    code: "DataError",
    message: `${place}/clips/x is a file, not a folder; give the folder that holds it (${place}/clips).`,
  });
});

test("what the system refuses is told as a RunError without a stack of the system", async () => {
  const folder = disk(fresh());
  await folder.write("a/b", "1");
  const { label } = folder;
  const messages = [
    await failure(folder.read("a")),
    await failure(folder.write("a/b/c", "1")),
    await failure(folder.append("a", "1")),
    await failure(folder.write("a", "1")),
    await failure(folder.remove("a")),
    await failure(folder.write("n".repeat(300), "1")),
  ].map((error) => `${error.code}: ${error.message.replace(label, "LABEL").replace(/n{300}/, "NAME")}`);
  expect(messages).toMatchInlineSnapshot(`
    [
      "RunError: LABEL: cannot read a: it is a folder, not a file.",
      "RunError: LABEL: cannot write a/b/c: a part of its path is a file, not a folder.",
      "RunError: LABEL: cannot append to a: it is a folder, not a file.",
      "RunError: LABEL: cannot write a: it is a folder, not a file.",
      "RunError: LABEL: cannot remove a: it is a folder, not a file.",
      "RunError: LABEL: cannot write NAME: its name is too long for the file system.",
    ]
  `);
  expect(await folder.list()).toEqual(["a/b"]);
});

test.skipIf(process.platform !== "linux")("a place where nobody may write", async () => {
  const error = await failure(disk("/sys/dmil-test").write("x", "1"));
  expect(error).toMatchObject({
    code: "RunError",
    message: expect.stringMatching(/^\/sys\/dmil-test: this place cannot be written to: .*(permi|read-only)/),
  });
});

test.skipIf(process.getuid?.() === 0)("a folder without permission", async () => {
  const place = fresh();
  await disk(place).write("x", "1");
  await fs.chmod(path.join(place, "x"), 0o000);
  expect(await failure(disk(place).read("x"))).toMatchObject({ message: expect.stringContaining("permission denied") });
});

test("links are followed, circles of links end, broken links are listed, and reading one says so", async () => {
  const place = fresh();
  await disk(place).write("real/x.npy", "1");
  await fs.symlink(path.join(place, "real"), path.join(place, "train"));
  await fs.symlink(place, path.join(place, "real", "round"));
  await fs.symlink(path.join(place, "gone"), path.join(place, "broken"));
  const listed = await disk(place).list();
  expect(listed).toEqual(expect.arrayContaining(["real/x.npy", "train/x.npy"]));
  expect(listed.filter((name) => !name.endsWith("x.npy"))).toContain("broken");
  expect((await failure(disk(place).read("broken"))).message).toMatch(
    /broken is a link to .*gone, which does not exist/,
  );
});

test("a reader meets the old file or the new one, also when the writer is killed; its aside file can be removed", async () => {
  const place = fresh();
  const size = 4_000_000;
  const writer = `
    import { disk } from ${JSON.stringify(path.resolve("src/node/disk.ts"))};
    const folder = disk(${JSON.stringify(place)});
    for (let i = 0; ; i++) {
      await folder.write("x", new Uint8Array(${size}).fill(i % 251));
      if (i === 0) process.stdout.write("ready");
    }`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", writer], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const folder = disk(place);
  const seen = new Set<number>();
  const look = async (): Promise<void> => {
    const bytes = await folder.read("x");
    expect(bytes).toHaveLength(size);
    seen.add(bytes[0]!);
    expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
  };
  for (let i = 0; i < 10; i++) await look();
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
  await look();
  expect(seen.size).toBeGreaterThan(1);
  await fs.writeFile(path.join(place, ".x.0123456789ab.aside"), "half");
  expect(await folder.list()).toEqual(["x"]);
  await removeAsides(place);
  expect(await fs.readdir(place)).toEqual(["x"]);
});

test.skipIf(process.platform !== "linux")("where no folder can be made, writing ends with an error", async () => {
  for (const place of ["/proc/dmil-test", "/proc/dmil-test/deep/er"]) {
    expect(await failure(disk(place).write("x", "1"))).toMatchObject({
      code: "RunError",
      message: expect.stringContaining(`${place}: `),
    });
    await expect(makeDirectory(place)).rejects.toMatchObject({ syscall: "mkdir" });
  }
});

test("directories are made side by side, where they are there, and not in place of a file or a broken link", async () => {
  const place = fresh();
  const deep = path.join(place, "a/b/c");
  await Promise.all(Array.from({ length: 8 }, () => makeDirectory(deep)));
  await makeDirectory(deep);
  expect((await fs.stat(deep)).isDirectory()).toBe(true);
  await fs.writeFile(path.join(place, "file"), "");
  await expect(makeDirectory(path.join(place, "file/x"))).rejects.toMatchObject({ code: "ENOTDIR" });
  await fs.symlink(path.join(place, "gone"), path.join(place, "broken"));
  expect(await failure(disk(path.join(place, "broken")).write("x", "1"))).toMatchObject({
    code: "RunError",
    message: expect.stringMatching(/cannot write x: no folder can be made there, or a link in its path leads nowhere/),
  });
});

test("the first write into a directory removes what a killed process left there long ago, and nothing else", async () => {
  const place = fresh();
  const [old, living, folder, busy] = [
    ".x.0123456789ab.aside",
    ".y.0123456789ab.aside",
    ".new.0123456789ab.aside",
    ".new.ba9876543210.aside",
  ];
  const longAgo = new Date(Date.now() - 3_600_000);
  for (const name of [old, living, "x.aside", `${folder}/part`, `${busy}/part`]) await disk(place).write(name, "half");
  for (const name of [old, "x.aside", `${folder}/part`, folder, busy]) {
    await fs.utimes(path.join(place, name), longAgo, longAgo);
  }
  expect(await disk(place).list()).toEqual(["x.aside"]);
  await disk(place).write("z", "1");
  expect((await fs.readdir(place)).sort()).toEqual([busy, living, "x.aside", "z"]);
});

test("a folder is filled aside: whole it replaces what has its names, and broken off it leaves all as it was", async () => {
  const place = path.join(fresh(), "data");
  const full = dataError("full");
  const broken = async (folder: Folder): Promise<void> => {
    await folder.write("train/a", "2");
    throw full;
  };
  await expect(replaceFolder(place, broken)).rejects.toBe(full);
  await expect(fs.stat(place)).rejects.toMatchObject({ code: "ENOENT" });
  await disk(place).write("train/old", "1");
  await disk(place).write("notes", "1");
  await expect(replaceFolder(place, broken)).rejects.toBe(full);
  expect(await fs.readdir(place)).toEqual(["notes", "train"]);
  await replaceFolder(place, (folder) => folder.write("train/a", "2"));
  expect(await disk(place).list()).toEqual(["notes", "train/a"]);
  expect(await fs.readdir(place)).toEqual(["notes", "train"]);
});

test("a folder without a name is refused", () => {
  expect(() => disk("")).toThrow(/the path is empty/);
});

test("a file is read by ranges, without being read whole", async () => {
  const folder = disk(fresh());
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
  await folder.write("a/b.bin", bytes);
  const source = await folder.open!("a/b.bin");
  expect([source.label, source.size]).toEqual([`${folder.label}/a/b.bin`, 1000]);
  expect(await source.read(10, 20)).toEqual(bytes.slice(10, 20));
  expect(await source.hash()).toBe(await sha256(bytes));
  expect((await openBytes(folder, "a/b.bin")).size).toBe(1000);
  expect((await failure(folder.open!("a/c.bin"))).message).toBe(`${folder.label}: there is no file a/c.bin.`);
  expect((await failure(folder.open!("a"))).message).toMatch(/a is not a file/);
  await folder.write("a/b.bin", "short");
  expect((await failure(source.read(10, 20))).message).toMatch(
    /the file has changed while it was read: it ends at byte 10/,
  );
  const memory = memoryFolder("m", new Map([["x", bytes]]));
  expect(await (await openBytes(memory, "x")).read(3, 5)).toEqual(bytes.slice(3, 5));
});
