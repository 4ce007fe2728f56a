/** @file Public names of training. */

export { files } from "./checkpoint.ts";
export type { FitEvent } from "./events.ts";
export { fit } from "./fit.ts";
export type { FitOptions } from "./plan.ts";
export type { TeacherOptions } from "./teacher.ts";
