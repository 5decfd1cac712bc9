/** As much of the DevTools protocol as it takes to open pages, run functions in them, and kill them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** A page that is open. */
export interface Page {
  /**
   * Runs an expression there, and waits for its promise.
   *
   * @throws {Error} what it threw; {@link PageGone} if the page went meanwhile.
   */
  evaluate(expression: string): Promise<unknown>;
  /** Kills the process of the page: not a line of it runs any more. */
  crash(): Promise<void>;
  /** Closes it without asking it. */
  close(): Promise<void>;
}

/** A browser that runs. */
export interface Browser {
  open(url: string): Promise<Page>;
  /** Kills it and all its pages. What they stored stays. */
  kill(): Promise<void>;
  /** Kills it, and removes what its pages stored. */
  dispose(): Promise<void>;
}

/** The page, or its browser, went while something ran there. */
export class PageGone extends Error {}

type Reply = (error: Error | undefined, result: Readonly<Record<string, unknown>>) => void;

interface Pending {
  readonly sessionId: string | undefined;
  readonly reply: Reply;
}

/** Where a browser keeps what its pages store. */
export function newProfile(): Promise<string> {
  return mkdtemp(join(tmpdir(), "tidemark-browser-"));
}

/** Starts a browser without a window over a profile. */
export async function startBrowser(program: string, profile: string): Promise<Browser> {
  const child = spawn(
    program,
    [
      "--headless",
      // The tests may run as the superuser, who has no sandbox; all pages are their own.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--remote-debugging-pipe",
      `--user-data-dir=${profile}`,
      "about:blank",
    ],
    // A group of its own: killed together, the browser leaves no process behind that still writes.
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], detached: true },
  );
  const killGroup = (): void => {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (child.pid !== undefined && !hasEnded) process.kill(-child.pid, "SIGKILL");
  };
  process.once("exit", killGroup);
  const pipe = new Pipe(child);
  const kill = async (): Promise<void> => {
    process.off("exit", killGroup);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    killGroup();
    await ended;
  };
  return {
    open: (url) => openPage(pipe, url),
    kill,
    dispose: async () => {
      await kill();
      await rm(profile, { recursive: true, force: true, maxRetries: 20 });
    },
  };
}

async function openPage(pipe: Pipe, url: string): Promise<Page> {
  const { targetId } = await pipe.send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await pipe.send("Target.attachToTarget", { targetId, flatten: true });
  const session = String(sessionId);
  await pipe.send("Page.enable", {}, session);
  await pipe.send("Inspector.enable", {}, session);
  const loaded = pipe.next("Page.loadEventFired", session);
  await pipe.send("Page.navigate", { url }, session);
  await loaded;
  const gone = pipe.gone(session);
  return {
    evaluate: async (expression) => {
      const { result, exceptionDetails } = (await pipe.send(
        "Runtime.evaluate",
        { expression, awaitPromise: true, returnByValue: true },
        session,
      )) as Evaluated;
      if (exceptionDetails === undefined) return result?.value;
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    },
    crash: async () => {
      // The page that is to crash does not answer.
      pipe.send("Page.crash", {}, session).catch(() => undefined);
      await gone;
      await pipe.send("Target.closeTarget", { targetId });
    },
    close: async () => {
      await pipe.send("Target.closeTarget", { targetId });
      await gone;
    },
  };
}

interface Evaluated {
  readonly result?: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: { readonly sessionId?: string };
  readonly error?: { readonly message: string };
  readonly result?: Readonly<Record<string, unknown>>;
}

/** The two pipes of a browser: messages are JSON with a zero byte behind each. */
class Pipe {
  readonly #into: Writable;
  readonly #pending = new Map<number, Pending>();
  readonly #awaited: { readonly method: string; readonly sessionId: string; readonly resolve: () => void }[] = [];
  #nextId = 1;
  #text = "";

  constructor(child: ChildProcess) {
    this.#into = child.stdio[3] as Writable;
    this.#into.on("error", () => undefined);
    (child.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => this.#take(text));
    const ended = (error?: Error): void => this.#end(undefined, error?.message ?? "the browser ended");
    child.once("exit", () => ended());
    child.once("error", ended);
  }

  send(
    method: string,
    params: Readonly<Record<string, unknown>>,
    sessionId?: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const reply: Reply = (error, result) => (error === undefined ? resolve(result) : reject(error));
      this.#pending.set(id, { sessionId, reply });
      this.#into.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  /** The next event of a page by this name. */
  next(method: string, sessionId: string): Promise<void> {
    return new Promise((resolve) => this.#awaited.push({ method, sessionId, resolve }));
  }

  /** Resolves once a page has crashed or was closed, and nothing is pending there any more. */
  gone(sessionId: string): Promise<void> {
    return Promise.race([
      this.next("Inspector.targetCrashed", sessionId),
      this.next("Target.detachedFromTarget", sessionId),
    ]);
  }

  #take(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf("\0"); end >= 0; end = this.#text.indexOf("\0")) {
      const message = JSON.parse(this.#text.slice(0, end)) as Message;
      this.#text = this.#text.slice(end + 1);
      this.#receive(message);
    }
  }

  #receive({ id, method, sessionId, params, error, result = {} }: Message): void {
    if (id !== undefined) {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      pending?.reply(error === undefined ? undefined : new Error(error.message), result);
      return;
    }
    const about = sessionId ?? params?.sessionId;
    if (method === "Inspector.targetCrashed" || method === "Target.detachedFromTarget") {
      this.#end(about, "the page crashed or was closed");
    }
    for (const [at, awaited] of [...this.#awaited.entries()].toReversed()) {
      if (awaited.method !== method || awaited.sessionId !== about) continue;
      this.#awaited.splice(at, 1);
      awaited.resolve();
    }
  }

  /** Nobody answers any more: one page, or `undefined` for all of them. */
  #end(sessionId: string | undefined, found: string): void {
    for (const [id, pending] of this.#pending) {
      if (sessionId !== undefined && pending.sessionId !== sessionId) continue;
      this.#pending.delete(id);
      pending.reply(new PageGone(`Cannot go on: ${found}`), {});
    }
  }
}
