/** @file Reads YAML for settings: plain values with the position of each. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import { configError } from "../core/errors.ts";

type Path = readonly (string | number)[];

/** A parsed document. */
export interface Yaml {
  readonly value: unknown;
  /** The position (line:column, such as `3:5`) of the key at a path, or of the deepest part of the path that exists. */
  placeOf(path: Path): string | undefined;
}

/** Reads one document. @throws ConfigError whose message begins with `label` of the position, such as `run.yaml:3:5 `. */
export function readYaml(text: string, label: (position?: string) => string): Yaml {
  const lines = new LineCounter();
  const positionAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  const refuse = (message: string, offset?: number): never => {
    throw configError(`${label(offset === undefined ? undefined : positionAt(offset))}${message.replace(/\.?$/, ".")}`);
  };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) refuse(`not valid YAML: ${problem.message}`, problem.pos[0]);
  requirePlain(document, refuse);
  try {
    return {
      value: document.toJS(),
      placeOf: (path) => {
        const offset = offsetOf(document, path);
        return offset === undefined ? undefined : positionAt(offset);
      },
    };
  } catch (cause) {
    const { message } = cause as Error;
    const many = "its aliases (*name) expand to too many values; write the values out";
    return refuse(/excessive alias/i.test(message) ? many : `not valid YAML: ${message}`);
  }
}

/** Refuses YAML that cannot be settings: a value that contains itself, and lists or maps as keys. */
function requirePlain(document: Document.Parsed, refuse: (message: string, offset?: number) => never): void {
  visit(document, {
    Alias(_, alias, path) {
      const target = alias.resolve(document);
      if (target === undefined)
        refuse(`*${alias.source}: there is no anchor &${alias.source} before it`, alias.range?.[0]);
      if (path.some((parent) => parent === target)) {
        refuse(`*${alias.source} refers to a value that contains it; write the value out`, alias.range?.[0]);
      }
    },
    Pair(_, { key }) {
      const name = isAlias(key) ? key.resolve(document) : key;
      if (isCollection(name)) refuse("a list or a map cannot be the name of a setting", (key as Node).range?.[0]);
    },
  });
}

function offsetOf(document: Document.Parsed, path: Path): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) return offset;
      offset = (pair.key as Node).range?.[0];
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}
