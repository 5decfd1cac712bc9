/** Starts the S3 server of the service tests, and stops it again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { installS3 } from "./s3-install.ts";

/** What a test is told about the server, as variables of its environment. */
export interface S3Environment {
  readonly TEST_S3_ENDPOINT: string;
  readonly TEST_S3_ACCESS_KEY_ID: string;
  readonly TEST_S3_SECRET_ACCESS_KEY: string;
  readonly TEST_S3_REGION: string;
}

/** A server that runs. */
export interface RunningS3 {
  readonly environment: S3Environment;
  /** Ends it, and removes what it stored. */
  stop(): Promise<void>;
}

/** What came of a piece of work that needs a server. */
export type WithS3<T> = { readonly result: T } | { readonly missing: string };

/**
 * Does something with a server: the one that the environment names, or else one that is started for it and stopped
 * afterwards.
 */
export async function withS3<T>(
  { log }: { readonly log: (line: string) => void },
  work: (environment: Readonly<Record<string, string>>) => Promise<T>,
): Promise<WithS3<T>> {
  const given = process.env["TEST_S3_ENDPOINT"];
  if (given !== undefined && given !== "") {
    log(`Using the S3 server at ${given}`);
    return { result: await work({}) };
  }
  const installed = await installS3(log);
  if ("missing" in installed) return installed;
  const server = await startS3(installed.path);
  try {
    return { result: await work({ ...server.environment }) };
  } finally {
    await server.stop();
  }
}

const HEALTH = "/health";
const STARTS_WITHIN_MS = 120_000;
const LOOK_AGAIN_MS = 25;

/** Starts the program over an empty folder, on a port of this machine alone. */
export async function startS3(program: string): Promise<RunningS3> {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-s3-"));
  const port = await freePort();
  const environment: S3Environment = {
    TEST_S3_ENDPOINT: `http://127.0.0.1:${port}`,
    TEST_S3_ACCESS_KEY_ID: "tidemark",
    TEST_S3_SECRET_ACCESS_KEY: "tidemark-secret",
    TEST_S3_REGION: "us-east-1",
  };
  const flags = ["--port", `127.0.0.1:${port}`, "--health", HEALTH, "--keep-alive", "--quiet"];
  const child = spawn(program, [...flags, "posix", folder], {
    env: {
      ...process.env,
      ROOT_ACCESS_KEY: environment.TEST_S3_ACCESS_KEY_ID,
      ROOT_SECRET_KEY: environment.TEST_S3_SECRET_ACCESS_KEY,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async (): Promise<void> => {
    process.off("exit", kill);
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      kill();
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(child, environment.TEST_S3_ENDPOINT + HEALTH);
  } catch (error) {
    await stop();
    throw error;
  }
  return { environment, stop };
}

/** A port that nobody had a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("Cannot find a free port");
  return address.port;
}

/** Resolves once the server answers; rejects with what it said if it ends before that. */
async function ready(child: ChildProcess, url: string): Promise<void> {
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  }
  let failure: string | undefined;
  child.once("error", (error) => (failure = error.message));
  child.once("exit", (code, signal) => (failure = `it ended with ${signal ?? code}`));
  const deadline = performance.now() + STARTS_WITHIN_MS;
  while (performance.now() < deadline && failure === undefined) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  throw new Error(`Cannot start the S3 server: ${failure ?? `no answer in ${STARTS_WITHIN_MS} ms`}\n${said}`);
}
