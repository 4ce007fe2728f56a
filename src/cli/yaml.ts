/** @file YAML as settings are written in: plain values, and where each of them stands. */
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

/** A document, read. */
export interface Yaml {
  readonly value: unknown;
  /** Where the key at a path begins, as `3:5`, or the deepest part of the path that the document has. */
  placeOf(path: Path): string | undefined;
}

/** Reads one document. @throws ConfigError, its message begun by `label` with the place of the fault, as `run.yaml:3:5 `. */
export function readYaml(text: string, label: (place?: string) => string): Yaml {
  const lines = new LineCounter();
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  const refuse = (message: string, offset?: number): never => {
    throw configError(`${label(offset === undefined ? undefined : placeAt(offset))}${message.replace(/\.?$/, ".")}`);
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
        return offset === undefined ? undefined : placeAt(offset);
      },
    };
  } catch (cause) {
    const { message } = cause as Error;
    const many = "its aliases (*name) stand for more values than settings have; write the values out";
    return refuse(/excessive alias/i.test(message) ? many : `not valid YAML: ${message}`);
  }
}

/** Refuses what YAML allows and no setting is: a value that is part of itself, and lists and maps as keys. */
function requirePlain(document: Document.Parsed, refuse: (message: string, offset?: number) => never): void {
  visit(document, {
    Alias(_, alias, path) {
      const meant = alias.resolve(document);
      if (meant === undefined)
        refuse(`*${alias.source}: there is no anchor &${alias.source} before it`, alias.range?.[0]);
      if (path.some((above) => above === meant)) {
        refuse(
          `*${alias.source} stands within what it stands for, so it has no end; write the value out`,
          alias.range?.[0],
        );
      }
    },
    Pair(_, { key }) {
      const meant = isAlias(key) ? key.resolve(document) : key;
      if (isCollection(meant)) refuse("a list or a map cannot be the name of a setting", (key as Node).range?.[0]);
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
