/** @file The weights of one encoder of a model under published names, for other programs. */
import { configError, hint } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import type { State } from "../core/tensor.ts";
import { encoderFrom, encoderTypes } from "../encoders/index.ts";
import { publishedState } from "../encoders/published/convert.ts";
import { type Fitted, memberModels } from "../evaluation/model.ts";

export interface EncoderWeightsOptions {
  /** Whose names: `torchvision`. Default: the first that the kind of encoder has. */
  readonly names?: string | undefined;
  /** The member of a pool, counted from 1. */
  readonly member?: number | undefined;
}

/**
 * The parameters of a modality's encoder by published names and in their layout. @throws ConfigError if there is no such modality or member,
 * or if the kind of encoder has no published names.
 */
export function encoderWeights(
  fitted: Fitted,
  modality: string,
  { names, member }: EncoderWeightsOptions = {},
): { readonly names: string; readonly state: State } {
  const { encoders } = fitted.method.description;
  const description = ownValue(encoders, modality);
  if (description === undefined) {
    throw configError(`there is no modality "${modality}"${hint(modality, Object.keys(encoders))}`, { modality });
  }
  const published = ownValue(encoderTypes, description.kind)?.published;
  if (published === undefined) {
    const kinds = Object.values(encoderTypes).filter((type) => type.published !== undefined);
    throw configError(
      `the encoder of ${modality} is of kind ${description.kind}, which has no published names. Kinds that have: ${kinds.map(({ kind }) => kind).join(", ") || "none"}. The whole model is exported without --weights-of.`,
      { modality, kind: description.kind },
    );
  }
  const prefix = `encoders.${modality}.`;
  const own = Object.fromEntries(
    Object.entries(memberOf(fitted, member).state).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
  if (Object.keys(own).length === 0) {
    throw configError(`${fitted.method.name} does not use the encoder of ${modality}, so it has no weights.`, {
      modality,
    });
  }
  return publishedState(encoderFrom(description, modality), published, names, own, fitted.shapes[modality]!);
}

function memberOf(fitted: Fitted, member: number | undefined): Fitted {
  const members = memberModels(fitted);
  if (members.length === 0) {
    if (member === undefined) return fitted;
    throw configError(`--member ${member}: the model is not a pool; leave it out.`, { member });
  }
  const chosen = member === undefined ? undefined : members[member - 1];
  if (chosen !== undefined) return chosen;
  throw configError(
    `${member === undefined ? "the model" : `--member ${member}: the model`} is a pool of ${members.length} members, each with its own encoder; choose one: --member 1 to ${members.length}.`,
    { member, members: members.length },
  );
}
