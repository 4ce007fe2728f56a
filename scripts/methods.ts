/**
 * @file Generates docs/methods.md from the source of the methods: each file's head comment, its options with comments and
 * defaults, its variants, and the values that tuning tries.
 *
 * `npm run docs:methods` writes the page; test/examples/methods-page.test.ts checks it against the code.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type * as z from "zod";
import { methods } from "../src/methods/index.ts";
import { markdownTable } from "./region.ts";

const PAGE = "docs/methods.md";
const root = path.resolve(import.meta.dirname, "..");

const source = (file: string): string => readFileSync(path.join(root, "src/methods", file), "utf8");

/** A comment without stars, one line per paragraph; a line that starts with a word like `Source:` starts a paragraph. */
function plain(comment: string): string[] {
  const lines = comment.split("\n").map((line) => line.replace(/^\s*\*? ?/, "").trim());
  const paragraphs: string[] = [];
  for (const line of lines) {
    if (line === "") continue;
    if (paragraphs.length === 0 || /^[A-Z]\w+: /.test(line)) paragraphs.push(line);
    else paragraphs[paragraphs.length - 1] += ` ${line}`;
  }
  return paragraphs;
}

function fileOf(name: string): string {
  return existsSync(path.join(root, "src/methods", `${name}.ts`)) ? `${name}.ts` : `${name}/index.ts`;
}

/** Comments of a file's options, by name; an option without a comment shares the one before it. */
function comments(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let last = "";
  for (const [, comment, name] of text.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?readonly (\w+)\??:/g)) {
    if (comment !== undefined) last = plain(comment).join(" ");
    if (!found.has(name!)) found.set(name!, last);
  }
  return found;
}

/** Options with their defaults, "" where there is none; those of a group have its name as prefix, as in `loss.lambda`. */
function defaults(schema: z.ZodObject, given: object): [string, unknown][] {
  const flat = (value: unknown, name: string): [string, unknown][] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, inner]) => flat(inner, name === "" ? key : `${name}.${key}`))
      : [[name, value]];
  return flat(
    { ...Object.fromEntries(Object.keys(schema.shape).map((name) => [name, ""])), ...schema.parse(given) },
    "",
  );
}

const code = (value: unknown): string => `\`${JSON.stringify(value).replaceAll('"', "")}\``;

function section(name: string): string {
  const { summary, schema, targets, limit, variants, search, perModality, members, labelSmoothing } = methods[name]!;
  const file = fileOf(name);
  const text = source(file);
  const [about = "", ...more] = plain(/\/\*\*\s*\n? ?\*? ?@file ([\s\S]*?)\*\//.exec(text)![1]!);
  const described = comments(name === "dmil-published" ? source("dmil-published/options.ts") : text);
  const shared = comments(["mmtm", "greedy"].includes(name) ? source("transfer.ts") : source("joint.ts"));
  const options = defaults(schema as z.ZodObject, perModality ? { modality: "NAME" } : {});
  const comment = (option: string): string => {
    const own = option.split(".").at(-1)!;
    const text = described.get(own) ?? shared.get(own);
    if (text === undefined) throw new Error(`${file}: option ${option} has no comment.`);
    return text.replaceAll("|", "\\|");
  };
  return [
    `## ${name}`,
    `${summary[0]!.toUpperCase()}${summary.slice(1)}. Code: [src/methods/${file}](../src/methods/${file})`,
    about,
    ...(more.length === 0 ? [] : [more.map((line) => `- ${line}`).join("\n")]),
    `Kinds of target: ${targets.join(", ")}${limit === undefined ? "" : `, because ${limit}`}.`,
    ...(members === 1 && labelSmoothing === 0
      ? []
      : [`Defaults: ${members} ${members === 1 ? "member" : "members"}, label smoothing ${labelSmoothing}.`]),
    ...(Object.keys(variants).length === 0
      ? []
      : [
          `Variants: ${Object.entries(variants)
            .map(([variant, own]) => `\`${variant}\` (${code(own).replace(/[`{}]/g, "").replaceAll(":", ": ")})`)
            .join(", ")}.`,
        ]),
    markdownTable([
      ["option", "default", "what it is", "tuning tries"],
      ...options.map(([option, value]) => [
        `\`${option}\``,
        value === "NAME" || value === "" ? "" : code(value),
        comment(option),
        search[option]?.map(code).join(", ") ?? "",
      ]),
    ]),
  ].join("\n\n");
}

/** The page. */
export function methodsPage(): string {
  return `${[
    "# Methods",
    "Made by `npm run docs:methods` from the methods' own files. Every method trains on the same encoders and embeddings, under one loop, with options set by `--set options.NAME=VALUE`. Every method can be pooled (`--members 4`: four members are trained one after the other, each to its own best epochs, and their predictions are averaged) and trained with label smoothing (`--label-smoothing 0.1`). The unimodal predictions are those of `pred_only_<modality>` and of the synergy rate; each section says which head makes them. The cost of a step compared with joint learning: [bench/README.md](../bench/README.md).",
    ...Object.keys(methods).map(section),
  ].join("\n\n")}\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(path.join(root, PAGE), methodsPage());
