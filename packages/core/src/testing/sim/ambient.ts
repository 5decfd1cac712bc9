import { refuseIo } from "./ambient-io.ts";

/** The globals of a runtime by which time, chance and the outside could leak into a simulated run. */
const FORBIDDEN = [
  "setTimeout",
  "setInterval",
  "setImmediate",
  "fetch",
  "WebSocket",
  "EventSource",
  "XMLHttpRequest",
  "requestAnimationFrame",
  "requestIdleCallback",
] as const;

type Globals = Record<string, unknown>;

/** Marks a clock that stands in for the runtime's own. */
const GUARDED = Symbol.for("tidemark.guarded");

/** A guard that stands between a run and the ambient world. */
export interface AmbientGuard {
  /** What was reached for, in order. Must stay empty. */
  readonly leaks: readonly string[];
  /** Puts everything back. */
  restore(): void;
}

/**
 * Replaces the clock, the timers, the random numbers and the network of the runtime by functions that throw, until restored; its
 * files, sockets and processes as well, as far as a runtime lets that be seen ({@link refuseIo}). The
 * names are kept as well, in case the code under test catches what was thrown.
 *
 * @throws {Error} if another guard stands already: two at a time would put back each other's functions.
 *
 * @example
 * ```ts
 * import { guardAmbient } from "@tidemark/core/testing";
 *
 * const guard = guardAmbient();
 * try {
 *   Math.random();
 * } catch {
 *   // It is refused, and noted.
 * } finally {
 *   guard.restore();
 * }
 * console.log(guard.leaks.length);
 * // prints 1
 * ```
 */
export function guardAmbient(): AmbientGuard {
  if (GUARDED in Date) {
    throw new Error("Cannot begin a simulation: another one is under way in this process, and has to be awaited first");
  }
  const leaks: string[] = [];
  const undo: (() => void)[] = [];
  const refuse = (name: string): (() => never) => {
    // No arrow, since some of what it stands in for is called with `new`.
    return function refused(): never {
      leaks.push(name);
      throw new Error(
        `Cannot use ${name} in a simulated run: after a crash it would give something else. Take times from the records or ` +
          'the context of a process, and services from "outside"; connectors and backends take all of it from Env',
      );
    };
  };
  const globals = globalThis as Globals;
  for (const name of FORBIDDEN) replace(globals, name, refuse(name), undo);
  replace(globals, "Date", strictDate(refuse), undo);
  replace(Math as unknown as Globals, "random", refuse("Math.random"), undo);
  if (globals["performance"] !== undefined) {
    replace(globals["performance"] as Globals, "now", refuse("performance.now"), undo);
  }
  if (globals["crypto"] !== undefined) {
    replace(globals["crypto"] as Globals, "getRandomValues", refuse("crypto.getRandomValues"), undo);
    replace(globals["crypto"] as Globals, "randomUUID", refuse("crypto.randomUUID"), undo);
  }
  refuseIo((name) => refuse(name)());
  return {
    leaks,
    restore() {
      refuseIo(undefined);
      for (const step of undo.splice(0).toReversed()) step();
    },
  };
}

/** A Date that can be made from numbers and texts, but not from the clock. */
function strictDate(refuse: (name: string) => () => never): DateConstructor {
  const now = refuse("Date.now");
  const current = refuse("new Date()");
  return new Proxy(Date, {
    apply: current,
    construct: (target, values: unknown[], newTarget) =>
      values.length === 0 ? current() : (Reflect.construct(target, values, newTarget) as object),
    get: (target, property) => (property === "now" ? now : Reflect.get(target, property)),
    has: (target, property) => property === GUARDED || Reflect.has(target, property),
  });
}

function replace(owner: Globals, name: string, value: unknown, undo: (() => void)[]): void {
  if (!(name in owner)) return;
  const before = Object.getOwnPropertyDescriptor(owner, name);
  if (before !== undefined && !before.configurable) return;
  Object.defineProperty(owner, name, { value, configurable: true, writable: true, enumerable: true });
  undo.push(() => {
    if (before === undefined) delete owner[name];
    else Object.defineProperty(owner, name, before);
  });
}
