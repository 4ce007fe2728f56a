/**
 * @file Compiles assembly/ to WebAssembly and writes generated/kernels.ts, which carries the bytes as base64: nothing is read
 * from disk at run time, so the same module serves Node and browsers. Run: node src/runtime/kernels/build.mjs
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const here = dirname(fileURLToPath(import.meta.url));
let wasm;
const { error, stderr } = await asc.main(
  [
    "assembly/index.ts",
    ...["--outFile", "kernels.wasm"],
    ...["--enable", "simd", "-O3", "--runtime", "stub", "--noAssert", "--importMemory", "--noExportMemory"],
  ],
  {
    readFile: (name, base) => {
      try {
        return readFileSync(join(here, base === "." ? "" : base, name), "utf8");
      } catch {
        return null;
      }
    },
    writeFile: (_name, content) => {
      wasm = content;
    },
    listFiles: () => [],
  },
);
if (error !== null || wasm === undefined) {
  process.stderr.write(`${stderr.toString()}\n${error?.message ?? "no output"}\n`);
  process.exit(1);
}
const out = join(here, "generated", "kernels.ts");
mkdirSync(dirname(out), { recursive: true });
writeFileSync(
  out,
  `/** @file Made by build.mjs from assembly/: the kernel module, ${wasm.length} bytes. */\n` +
    `export const kernelsBase64: string =\n  "${Buffer.from(wasm).toString("base64")}";\n`,
);
process.stdout.write(`kernels: ${wasm.length} bytes of WebAssembly -> src/runtime/kernels/generated/kernels.ts\n`);
