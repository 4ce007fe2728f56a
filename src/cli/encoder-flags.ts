/** @file The flag --encoder: a kind, with a file and settings behind it: `face=resnet18:weights.safetensors,freeze=stem-stage2`. */
import { configError } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import { encoderTypes } from "../encoders/index.ts";
import type { Flag } from "./config.ts";
import { readYaml } from "./yaml.ts";

/**
 * The settings of `--encoder KIND`, `MODALITY=KIND`, and both with `:FILE` and `,KEY=VALUE` behind. @throws ConfigError for an empty part, and
 * for a file where the kind reads none.
 */
export function encoderFlags(values: readonly string[] | undefined): Flag[] {
  return (values ?? []).flatMap((text) => {
    const label = `--encoder ${text}`;
    const { modality, kind, file, settings } = partsOf(text, label);
    const under = modality === undefined ? ["encoder"] : ["encoders", modality];
    const fileSetting = ownValue(encoderTypes, kind)?.file;
    if (file !== undefined && ownValue(encoderTypes, kind) !== undefined && fileSetting === undefined) {
      const reading = Object.values(encoderTypes).filter((type) => type.file !== undefined);
      const kinds = reading.map((type) => type.kind).join(", ");
      throw configError(`${label}: ${kind} reads no file.${kinds === "" ? "" : ` Kinds that do: ${kinds}.`}`);
    }
    return [
      { label, path: [...under, "kind"], value: kind },
      ...(file === undefined ? [] : [{ label, path: [...under, fileSetting ?? "weights"], value: file }]),
      ...settings.map(([name, value]) => ({
        label,
        path: [...under, ...name.split(".")],
        value: readYaml(value, () => `${label}, ${name}: `).value,
      })),
    ];
  });
}

function partsOf(text: string, label: string) {
  const example = `for example --encoder audio=pool, --encoder face=resnet18:weights.safetensors,dropout=0.1`;
  const end = /[:,]/.exec(text)?.index ?? text.length;
  const [head, rest] = [text.slice(0, end), text.slice(end)];
  const equals = head.lastIndexOf("=");
  const kind = head.slice(equals + 1);
  if (equals === 0 || kind === "") {
    throw configError(`${label}: a kind, or a modality and a kind, is needed, ${example}`);
  }
  // A comma begins a setting only where a name and = follow, so that lists as in hidden=[64,32] stay whole.
  const [first = "", ...others] = rest.split(/,(?=[A-Za-z][\w.]*=)/);
  const file = first.startsWith(":") ? first.slice(1) : undefined;
  if (file === "" || (file === undefined && first !== "")) {
    throw configError(`${label}: behind the kind come :FILE and ,KEY=VALUE, ${example}`);
  }
  const settings = others.map((part) => {
    const at = part.indexOf("=");
    return [part.slice(0, at), part.slice(at + 1)] as const;
  });
  return { modality: equals < 0 ? undefined : head.slice(0, equals), kind, file, settings };
}
