/** @file The value of `--encoder`: `pool`, `audio=pool`, or with a file and settings `face=onnx:net.onnx,pool=mean,hidden=[64,32]`. */
import { configError } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import { encoderKinds, encoderTypes } from "../encoders/index.ts";
import type { Flag } from "./config.ts";
import { readYaml } from "./yaml.ts";

/**
 * The settings of `--encoder` flags: `[MODALITY=]KIND[:FILE][,SETTING=VALUE...]`. The file goes to the setting that the kind names as its
 * file; values are read as YAML. @throws ConfigError for an empty part, and for a file where the kind reads none.
 */
export function encoderFlags(values: readonly string[] | undefined): Flag[] {
  return (values ?? []).flatMap((text) => {
    const head = /^[^:,]*/.exec(text)![0];
    const equals = head.lastIndexOf("=");
    const kind = head.slice(equals + 1);
    const label = `--encoder ${text}`;
    if (equals === 0 || kind === "") {
      throw configError(
        `${label}: a kind, or a modality and a kind, is needed, for example --encoder audio=pool or --encoder face=onnx:net.onnx,pool=mean`,
      );
    }
    const under = equals < 0 ? ["encoder"] : ["encoders", head.slice(0, equals)];
    // A comma separates settings only before `name=`, so that files and lists may contain commas.
    const [first = "", ...settings] = text.slice(head.length).split(/,(?=[A-Za-z][\w.]*=)/);
    const flags: Flag[] = [{ label, path: [...under, "kind"], value: kind }];
    if (first !== "") flags.push({ label, path: [...under, fileSetting(label, kind, first)], value: first.slice(1) });
    for (const setting of settings) {
      const at = setting.indexOf("=");
      const { value } = readYaml(setting.slice(at + 1), () => `${label}: `);
      flags.push({ label, path: [...under, ...setting.slice(0, at).split(".")], value });
    }
    return flags;
  });
}

/** The setting of a kind that takes the file after its name. */
function fileSetting(label: string, kind: string, part: string): string {
  if (!part.startsWith(":") || part === ":") {
    throw configError(
      `${label}: "${part}" is neither a file (${kind}:FILE) nor a setting (${kind},name=value); write for example --encoder face=onnx:net.onnx,pool=mean`,
    );
  }
  const type = ownValue(encoderTypes, kind);
  if (type?.file !== undefined) return type.file;
  const readers = encoderKinds.filter((name) => encoderTypes[name]!.file !== undefined);
  throw configError(
    type === undefined
      ? `${label}: there is no encoder "${kind}". Allowed: ${encoderKinds.join(", ")}.`
      : `${label}: the encoder ${kind} reads no file; encoders with a file: ${readers.join(", ")}.`,
  );
}
