import type { ReadStream } from "node:tty";

/** What a key means here. */
export type Key = "next" | "back" | "play" | "pause" | "quit";

const KEYS: Readonly<Record<string, Key>> = {
  "\r": "next",
  "\n": "next",
  n: "next",
  "\u001B[C": "next",
  b: "back",
  "\u001B[D": "back",
  p: "play",
  " ": "pause",
  q: "quit",
  "\u0003": "quit",
  "\u0004": "quit",
};

/** The keyboard, key by key. */
export class Keys {
  readonly #input: ReadStream;
  #waiting: (key: Key) => void = ignore;

  constructor(input: ReadStream) {
    this.#input = input;
    input.setRawMode(true);
    input.resume();
    input.on("data", this.#heard);
  }

  /** The next key; `undefined` if there was none for so long. */
  async press(timeoutMs: number): Promise<Key | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise((resolve) => {
        this.#waiting = resolve;
        if (timeoutMs < Infinity) timer = setTimeout(() => resolve(undefined), timeoutMs);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting = ignore;
    }
  }

  /** Gives the keyboard back. */
  close(): void {
    this.#input.off("data", this.#heard);
    this.#input.setRawMode(false);
    this.#input.pause();
  }

  readonly #heard = (bytes: Buffer | string): void => {
    const key = KEYS[bytes.toString()];
    if (key !== undefined) this.#waiting(key);
  };
}

function ignore(): void {
  // Nobody waits for a key.
}
