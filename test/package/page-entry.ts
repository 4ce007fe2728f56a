/** @file The script of a page: it leaves `trained` where a test can call it. */
import { trained } from "./page.ts";

Object.assign(globalThis, { trained });
