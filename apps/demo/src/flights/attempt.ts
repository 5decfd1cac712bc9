/**
 * One life of the job: starts the child, listens to it, and kills it where it was aimed at.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Aim } from "./aims.ts";
import { ANY_MOMENT } from "./course.ts";
import { type Message, messageReader, type Task } from "./messages.ts";

/** How an attempt ended. */
export type AttemptEnd =
  | { readonly type: "finished" }
  | { readonly type: "killed"; readonly point: string }
  | { readonly type: "failed"; readonly reason: string };

/** An aim that is armed and not hit after this time is given up: the child is killed wherever it is. */
const AIM_PATIENCE_MS = 20_000;
const STDERR_CHARACTERS_MAX = 8_000;

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));

/** Runs the child to its end, its own or the one aimed at. `heard` gets every message at once. */
export async function runAttempt(
  task: Task,
  aim: Aim | undefined,
  heard: (message: Message) => void,
): Promise<AttemptEnd> {
  const child = spawn(process.execPath, [...process.execArgv, CHILD, JSON.stringify(task)], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const leave = () => child.kill("SIGKILL");
  process.once("exit", leave);
  try {
    return await follow(child, aim, heard);
  } finally {
    process.off("exit", leave);
  }
}

function follow(child: ChildProcess, aim: Aim | undefined, heard: (message: Message) => void): Promise<AttemptEnd> {
  let killedAt: string | undefined;
  let reason = "";
  let finished = false;
  let timer: NodeJS.Timeout | undefined;

  const kill = (point: string) => {
    // A child that has just ended by itself cannot be killed any more.
    if (child.kill("SIGKILL")) killedAt ??= point;
  };
  const listen = messageReader((message) => {
    heard(message);
    if (message.type === "stopped") kill(message.point);
    else if (message.type === "finished") finished = true;
    else if (message.type === "failed") reason = message.reason;
    else if (message.type === "armed" && aim !== undefined) {
      if (aim.point === undefined) timer = setTimeout(() => kill(ANY_MOMENT), aim.delayMs);
      else timer = setTimeout(() => kill(`${aim.point} not passed`), AIM_PATIENCE_MS);
    }
  });
  const said = child.stdio[3] as Readable;
  said.setEncoding("utf8").on("data", listen);
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARACTERS_MAX);
  });

  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (signal === "SIGKILL" && killedAt !== undefined) resolve({ type: "killed", point: killedAt });
      else if (finished && code === 0) resolve({ type: "finished" });
      else resolve({ type: "failed", reason: reason || stderr || `the child ended with ${signal ?? code}` });
    });
  });
}
