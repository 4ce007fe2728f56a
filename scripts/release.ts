/**
 * @file Steps of a release, see docs/releasing.md. `npm run release:notes` writes version and date into changelog, citation and code;
 * `npm run release:check -- v1.2.3` fails if a tag must not be published.
 */
import { readFileSync, writeFileSync } from "node:fs";

/** The changelog with its heading `## Unreleased` replaced by version and date. @throws Error if there is no such heading. */
export function dated(changelog: string, version: string, day: string): string {
  const [heading = "", name = ""] = /^## (.*)$/m.exec(changelog) ?? [];
  if (!/^unreleased$|\(not released\)$/i.test(name)) {
    throw new Error(
      `CHANGELOG.md: the first heading is "${name}"; write what is new under "## Unreleased" before a release.`,
    );
  }
  return changelog.replace(heading, () => `## ${version} (${day})`);
}

/** The citation with this version and date. */
export function cited(citation: string, version: string, day: string): string {
  const rest = citation.replace(/^date-released: .*\n/m, "");
  if (!/^version: /m.test(rest)) throw new Error("CITATION.cff: the line `version:` is missing.");
  return rest.replace(/^version: .*$/m, () => `version: ${version}\ndate-released: ${day}`);
}

/** The source of version.ts with another version. @throws Error if it has none. */
export function versioned(source: string, version: string): string {
  const line = /^export const VERSION = ".*";$/m;
  if (!line.test(source)) throw new Error("src/core/version.ts: the line `export const VERSION` is missing.");
  return source.replace(line, () => `export const VERSION = ${JSON.stringify(version)};`);
}

/** Reasons not to publish a tag; empty if it may be published. */
export function obstacles(
  tag: string,
  { version, repository }: { readonly version: string; readonly repository?: unknown },
  changelog: string,
): string[] {
  return [
    ...(tag === `v${version}` ? [] : [`the tag is ${tag}, package.json says ${version}: tag with \`npm version\`.`]),
    ...(changelog.includes(`\n## ${version} (2`) ? [] : [`CHANGELOG.md has no dated entry for ${version}.`]),
    ...(repository === undefined ? ["package.json has no `repository`: provenance and the page's links need it."] : []),
  ];
}

function main([task, tag = ""]: readonly string[]): void {
  const read = (file: string): string => readFileSync(file, "utf8");
  const facts = JSON.parse(read("package.json"));
  if (task === "notes") {
    const day = new Date().toISOString().slice(0, 10);
    // All texts are made before the first is written, so that an error changes no file.
    const files = {
      "CHANGELOG.md": dated(read("CHANGELOG.md"), facts.version, day),
      "CITATION.cff": cited(read("CITATION.cff"), facts.version, day),
      "src/core/version.ts": versioned(read("src/core/version.ts"), facts.version),
    };
    for (const [file, text] of Object.entries(files)) writeFileSync(file, text);
    return;
  }
  const found = obstacles(tag, facts, read("CHANGELOG.md"));
  for (const obstacle of found) console.error(obstacle);
  if (found.length > 0) process.exitCode = 1;
}

if (import.meta.filename === process.argv[1]) main(process.argv.slice(2));
