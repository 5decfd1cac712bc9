import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { type Stored, STORED_PATH } from "./object-store.ts";

/** An object store in another process, as a user's is: its work, its heap and its garbage are not the engine's. */
export interface StoreProcess {
  readonly endpoint: string;
  /** What it holds. */
  stored(): Promise<Stored>;
  /** Ends it. */
  stop(): Promise<void>;
}

/** Starts one that holds nothing. It ends with this process, however that ends. @param latencyMs how long each answer takes. */
export async function startStore(latencyMs: number): Promise<StoreProcess> {
  const program = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, [program, String(latencyMs)], { stdio: ["pipe", "pipe", "inherit"] });
  const closed = once(child, "close");
  const [printed] = (await Promise.race([once(child.stdout.setEncoding("utf8"), "data"), closed])) as [unknown];
  if (typeof printed !== "string") throw new Error(`Cannot start an object store: it ended with ${String(printed)}`);
  const endpoint = printed.trim();
  return {
    endpoint,
    stored: async () => (await (await fetch(endpoint + STORED_PATH)).json()) as Stored,
    stop: async () => {
      child.stdin.end();
      await closed;
    },
  };
}
