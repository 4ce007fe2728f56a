/** @file The worker's beginning: a thread inherits no loader of TypeScript. */
import { register } from "tsx/esm/api";

register();
await import("./worker.ts");
