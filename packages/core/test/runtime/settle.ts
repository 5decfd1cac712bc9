import assert from "node:assert/strict";

import type { Env } from "@tidemark/core";

const TURNS_MAX = 20_000;

/** Takes turns until something holds. */
export async function until(env: Env, holds: () => boolean, what: string): Promise<void> {
  for (let turns = 0; !holds(); turns++) {
    assert.ok(turns < TURNS_MAX, `did not come to pass: ${what}`);
    await env.turn();
  }
}

/** Something to wait at until the test says so. */
export interface Latch {
  /** Resolves when it is opened. */
  readonly opened: Promise<void>;
  /** As {@link opened}; `undefined` once it is open. */
  readonly hold: Promise<void> | undefined;
  open(): void;
}

/** Makes a latch, closed. */
export function latch(): Latch {
  let resolve = (): void => undefined;
  const opened = new Promise<void>((done) => {
    resolve = done;
  });
  let isOpen = false;
  return {
    opened,
    get hold() {
      return isOpen ? undefined : opened;
    },
    open: () => {
      isOpen = true;
      resolve();
    },
  };
}
