/** @file The registry of methods, and the construction of a method from a stored description. */
import { configError, hint } from "../core/errors.ts";
import { encoderFrom } from "../encoders/index.ts";
import { agm } from "./agm.ts";
import type { MethodRecord } from "./define.ts";
import { dmil } from "./dmil/index.ts";
import { dmilPublished } from "./dmil-published/index.ts";
import { ensemble } from "./ensemble.ts";
import { fcl } from "./fcl/index.ts";
import { fe } from "./fe.ts";
import { greedy } from "./greedy.ts";
import { i2m2 } from "./i2m2.ts";
import { i2moe } from "./i2moe.ts";
import { joint } from "./joint.ts";
import { mcr } from "./mcr/index.ts";
import type { Method } from "./method.ts";
import { mlb } from "./mlb.ts";
import { mmib } from "./mmib.ts";
import { mmml } from "./mmml.ts";
import { mmpareto } from "./mmpareto.ts";
import { mmtm } from "./mmtm.ts";
import { ogm } from "./ogm.ts";
import { pmr } from "./pmr.ts";
import { qmf } from "./qmf.ts";
import { reconboost } from "./reconboost.ts";
import { unimodal } from "./unimodal.ts";

/** All methods by name: for names that are known only when a program runs. Each is also exported by its own name. */
export const methods: Readonly<Record<string, MethodRecord>> = {
  unimodal,
  joint,
  ensemble,
  ogm,
  pmr,
  agm,
  mlb,
  mmml,
  mmpareto,
  mcr,
  fe,
  mmtm,
  greedy,
  mmib,
  qmf,
  fcl,
  i2m2,
  i2moe,
  reconboost,
  dmil,
  "dmil-published": dmilPublished,
};

/** The variants of all methods by name: the method and the options that they set. */
const variants: ReadonlyMap<string, { readonly method: string; readonly options: object }> = new Map(
  Object.entries(methods).flatMap(([method, factory]) =>
    Object.entries(factory.variants).map(([name, options]) => [name, { method, options }]),
  ),
);

/** Names of methods and of their variants, in order. */
export const methodNames: readonly string[] = Object.entries(methods).flatMap(([name, { variants: named }]) => [
  name,
  ...Object.keys(named),
]);

/** Resolves the name of a method or variant to the method and its options. @throws ConfigError with the nearest known name. */
export function resolveMethod(name: string): { readonly method: string; readonly options: object } {
  if (Object.hasOwn(methods, name)) return { method: name, options: {} };
  const variant = variants.get(name);
  if (variant === undefined) throw configError(`unknown method "${name}"${hint(name, methodNames)}`);
  return variant;
}

/** A method by its name. @throws ConfigError with the nearest known name. */
export function methodNamed(name: string): MethodRecord {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) throw configError(`unknown method "${name}"${hint(name, Object.keys(methods))}`);
  return method;
}

/** Builds a method from its description. @throws ConfigError if an encoder is of a kind that this library does not define. */
export function methodFrom(name: string, description: Method["description"]): Method {
  const encoders = Object.fromEntries(
    Object.entries(description.encoders).map(([modality, encoder]) => [modality, encoderFrom(encoder, modality)]),
  );
  const { options, members = 1 } = description;
  return methodNamed(name).configure({ encoders, members, ...(options as object) });
}
