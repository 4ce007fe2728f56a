/** @file Optimisers, clipping and schedules. */
import { adam, adamw } from "./adam.ts";
import { sgd } from "./sgd.ts";

export { type AdamOptions, type AdamSettings, adam, adamw } from "./adam.ts";
export { clipScale } from "./clip.ts";
export type { AdamUpdate, Optimiser, OptimiserKernels, ParameterRange, SgdUpdate, StepSettings } from "./optimiser.ts";
export { type PlateauOptions, plateau } from "./plateau.ts";
export {
  type CosineOptions,
  constant,
  cosine,
  type PlateauMemory,
  type Schedule,
  type ScheduleState,
  type StepOptions,
  step,
} from "./schedule.ts";
export { type SgdOptions, type SgdSettings, sgd } from "./sgd.ts";

/** The optimisers that settings can name. */
export const OPTIMISERS = ["adam", "adamw", "sgd"] as const;

/** The optimisers by name. */
export const optimisers: { readonly adam: typeof adam; readonly adamw: typeof adamw; readonly sgd: typeof sgd } = {
  adam,
  adamw,
  sgd,
};
