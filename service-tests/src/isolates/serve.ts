/** Bundles the worker and starts workerd with it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

/** A workerd that runs. */
export interface Isolates {
  readonly endpoint: string;
  stop(): Promise<void>;
}

const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The SDK's files for browsers parse XML with DOMParser, which an isolate does not have; those for Node do it by themselves. */
const ownXmlParser: Plugin = {
  name: "own-xml-parser",
  setup: (setup) => {
    setup.onLoad({ filter: /xml-parser\.browser\.js$/ }, ({ path }) => ({
      contents: 'export * from "./xml-parser.js";',
      resolveDir: dirname(path),
    }));
  },
};

/** Starts the program over the worker. */
export async function serveIsolates(workerd: string): Promise<Isolates> {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-isolates-"));
  await copyFile(beside("./config.capnp"), join(folder, "config.capnp"));
  await build({
    entryPoints: [beside("./worker.ts")],
    outfile: join(folder, "worker.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    conditions: ["@tidemark/source", "workerd", "worker", "browser"],
    external: ["node:*"],
    plugins: [ownXmlParser],
    logLevel: "error",
  });
  const child = spawn(
    workerd,
    ["serve", join(folder, "config.capnp"), "--socket-addr=http=127.0.0.1:0", "--control-fd=3"],
    {
      stdio: ["ignore", "inherit", "inherit", "pipe"],
    },
  );
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  return {
    endpoint: `http://127.0.0.1:${await portOf(child)}`,
    stop: async () => {
      process.off("exit", kill);
      const ended = once(child, "exit");
      kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** workerd tells its port on the descriptor that it was given. */
async function portOf(child: ChildProcess): Promise<number> {
  let said = "";
  for await (const text of (child.stdio[3] as Readable).setEncoding("utf8")) {
    said += String(text);
    const port = /"event":"listen","socket":"http","port":(\d+)/.exec(said)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`Cannot start workerd: it ended before it listened. ${said}`);
}
