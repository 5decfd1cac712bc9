import type { Env } from "../../env/env.ts";

/** How much work is done before the host has a turn, in entries. */
const WORK_PER_TURN = 512;

/** It ends early for a turn after this long; on hosts whose clock stands still the count alone decides. */
const TURN_MS = 1;

/** So many times more is given out in a turn while somebody waits for the end of it. */
const HURRY = 4;

/** A loop asks for a share after this many entries. */
export const SHARE_ENTRIES = 64;

/** Bytes that are moved or checked in the time of one entry. */
const BYTES_PER_ENTRY = 4096;

/** As much work as a request to the medium is, with its answer: half a millisecond of a client that signs it. */
export const REQUEST_WORK = 256;

/** As much work as so many bytes are that are moved or checked. */
export function workOf(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_ENTRY);
}

interface Waiting {
  readonly work: number;
  readonly go: () => void;
}

/**
 * Deals out how much work may be done between two turns of the host's event loop, to all who do it: encoding, reading and taking
 * in what was read are one sum. Whoever comes too late waits for the next turn, in the order in which they came.
 */
export class Pace {
  readonly #env: Env;
  readonly #waiting: Waiting[] = [];
  #isCounting = false;
  #hurrying = 0;
  #left = 0;
  #until = 0;

  constructor(env: Env) {
    this.#env = env;
  }

  /** Asks for a share of work, in entries. Await it only if it returns a promise. */
  share(work: number): Promise<void> | undefined {
    if (!this.#isCounting) this.#beginTurn();
    if (this.#waiting.length === 0 && this.#left > 0 && this.#env.monotonic() < this.#until) {
      this.#left -= work;
      return undefined;
    }
    return new Promise((go) => void this.#waiting.push({ work, go }));
  }

  /** Does something that waits for the work: until it ends, more is given out in a turn. */
  async hurried<T>(act: () => Promise<T>): Promise<T> {
    this.#hurrying++;
    try {
      return await act();
    } finally {
      this.#hurrying--;
    }
  }

  #beginTurn(): void {
    const factor = this.#hurrying > 0 ? HURRY : 1;
    this.#isCounting = true;
    this.#left = WORK_PER_TURN * factor;
    this.#until = this.#env.monotonic() + TURN_MS * factor;
    void this.#env.turn().then(() => this.#turnOver());
  }

  /** The host has had its turn: those that wait go on. */
  #turnOver(): void {
    this.#isCounting = false;
    if (this.#waiting.length > 0) this.#beginTurn();
    while (this.#left > 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#left -= next.work;
      next.go();
    }
  }
}

/** Bytes that are moved at once. */
const MOVED_MAX: number = 256 * 1024;

/** Puts bytes together, in shares. */
export async function joined(parts: readonly Uint8Array[], pace: Pace): Promise<Uint8Array> {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    for (let start = 0; start < part.length; start += MOVED_MAX) {
      const piece = part.subarray(start, start + MOVED_MAX);
      const turn = pace.share(workOf(piece.length));
      if (turn !== undefined) await turn;
      whole.set(piece, offset);
      offset += piece.length;
    }
  }
  return whole;
}
