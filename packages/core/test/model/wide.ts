import { env } from "node:process";

/** `MODEL=wide` explores a step farther: minutes instead of seconds. */
export const isWide: boolean = env["MODEL"] === "wide";
