export { type Duration, durationMs } from "../duration.ts";
