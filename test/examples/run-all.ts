/** @file Runs the examples that it is given in one process, through the package's own name, and prints what each printed, as JSON. */
import * as path from "node:path";
import { format } from "node:util";

const folder = path.resolve(import.meta.dirname, "../../examples");
const outputs: Record<string, string[]> = {};
for (const file of process.argv.slice(2)) {
  const lines: string[] = [];
  outputs[file] = lines;
  console.log = (...parts: unknown[]) => void lines.push(format(...parts));
  await import(path.join(folder, file));
}
process.stdout.write(JSON.stringify(outputs));
