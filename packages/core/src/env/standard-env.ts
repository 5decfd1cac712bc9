import type { Env, LogEntry } from "./env.ts";

/** What of an {@link Env} a caller wants otherwise. */
export interface StandardEnvOptions {
  /** Takes the engine's log. Default: warnings and errors go to the console. */
  readonly log?: (entry: LogEntry) => void;
  /** Called at named points of the protocol. Default: nothing. */
  readonly point?: Env["point"];
  /** Whether mistakes of user code are looked for; see {@link Env.development}. Default: false. */
  readonly development?: boolean;
}

/** The longest delay that all runtimes' timers take. */
const DELAY_MAX_MS = 2_147_483_647;

/**
 * The env of the runtime it is called in: Node, Deno, Bun, a browser, an isolate. Uses nothing but web standards, and
 * `setImmediate` where there is one.
 *
 * @example
 * ```ts
 * import { standardEnv } from "@tidemark/core";
 *
 * const lines: string[] = [];
 * const env = standardEnv({ log: ({ level, message }) => lines.push(`${level}: ${message}`) });
 * ```
 */
export function standardEnv(options: StandardEnvOptions = {}): Env {
  const started = performance.now();
  return {
    now: () => Date.now(),
    monotonic: () => performance.now() - started,
    random: () => Math.random(),
    schedule: (delayMs, callback) => schedule(delayMs, callback),
    turn: takeTurn(),
    log: options.log ?? logToConsole,
    point: options.point ?? (() => undefined),
    development: options.development ?? false,
  };
}

/**
 * The env of an isolate (workerd, an edge function): as {@link standardEnv}, but takes turns by timer alone.
 *
 * @example
 * ```ts
 * import { isolateEnv } from "@tidemark/core";
 *
 * const env = isolateEnv({ development: true });
 * ```
 */
export function isolateEnv(options: StandardEnvOptions = {}): Env {
  return { ...standardEnv(options), turn: () => new Promise((resolve) => setTimeout(resolve, 0)) };
}

function takeTurn(): () => Promise<void> {
  const setImmediate: unknown = Reflect.get(globalThis, "setImmediate");
  if (typeof setImmediate === "function") return () => new Promise((resolve) => setImmediate(resolve));
  return () => new Promise((resolve) => setTimeout(resolve, 0));
}

function schedule(delayMs: number, callback: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const arm = (leftMs: number): void => {
    const next = Math.min(leftMs, DELAY_MAX_MS);
    timer = setTimeout(() => (leftMs > next ? arm(leftMs - next) : callback()), next);
  };
  arm(delayMs);
  return () => clearTimeout(timer);
}

function logToConsole({ level, message, fields }: LogEntry): void {
  if (level !== "warn" && level !== "error") return;
  console[level](fields === undefined ? `tidemark: ${message}` : `tidemark: ${message} ${JSON.stringify(fields)}`);
}
