/** Starts one child, listens to it, and says how it ended. */
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { AuditReport, SoakMessage, SoakTask } from "./task.ts";

/** How a life ended, and what it came to. */
export interface Life {
  readonly end: "struck" | "missed" | "finished" | "failed";
  /** Where it was struck, or why it failed. */
  readonly detail: string;
  readonly checkpoints: number;
  /** The greatest number that was read; 0 if none was. */
  readonly reached: number;
  readonly restored: boolean;
  readonly audit: AuditReport | undefined;
}

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
const COMPILE_CACHE = join(tmpdir(), "tidemark-soak-modules");
const STDERR_CHARACTERS_MAX = 8_000;
/** A child that neither ends nor dies is a failure of its own. */
const LIFE_MS_MAX = 120_000;

/** Lives one life. */
export async function live(task: SoakTask): Promise<Life> {
  const child = spawn(process.execPath, [...process.execArgv, CHILD, JSON.stringify(task)], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    // Half of the time of a short life would go into compiling the same modules again.
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
  });
  const leave = (): void => void child.kill("SIGKILL");
  process.once("exit", leave);
  const messages: SoakMessage[] = [];
  let rest = "";
  (child.stdio[3] as Readable).setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) messages.push(JSON.parse(line) as SoakMessage);
  });
  let stderr = "";
  child.stderr
    ?.setEncoding("utf8")
    .on("data", (text: string) => (stderr = (stderr + text).slice(-STDERR_CHARACTERS_MAX)));
  let tookTooLong = false;
  const limit = setTimeout(() => {
    tookTooLong = true;
    leave();
  }, LIFE_MS_MAX);
  const ended = await new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(String(signal ?? code)));
  });
  clearTimeout(limit);
  process.off("exit", leave);
  return lifeOf(messages, tookTooLong ? `it did not end within ${LIFE_MS_MAX} ms` : ended, stderr);
}

function lifeOf(messages: readonly SoakMessage[], ended: string, stderr: string): Life {
  const last = messages.at(-1);
  const completed = messages.filter((message) => message.type === "completed");
  const reached = Math.max(0, ...messages.map((message) => ("reached" in message ? message.reached : 0)));
  const restored = messages.some((message) => message.type === "restored" && message.from !== undefined);
  const life = { checkpoints: completed.length, reached, restored, audit: undefined };
  if (last?.type === "struck" && ended === "SIGKILL") return { ...life, end: "struck", detail: last.at };
  if (last?.type === "missed" && ended === "SIGKILL") return { ...life, end: "missed", detail: "" };
  if (last?.type === "finished" && ended === "0") {
    return { ...life, end: "finished", detail: "", audit: last.audit };
  }
  const reason = last?.type === "failed" ? last.reason : `the child ended with ${ended}`;
  return { ...life, end: "failed", detail: `${reason}\n${stderr}`.trim() };
}
