import type { OpenFile } from "../directory.ts";

/** A process may have a thousand files open, and LevelDB keeps most of its own so. */
export const OPEN_FILES_MAX = 128;

/** The files that were read last, left open in bounded number: to open one costs more than to read a block of it. */
export class OpenFiles {
  readonly #open: (name: string) => OpenFile;
  readonly #files = new Map<string, OpenFile>();

  /** @param open opens a file of this name. */
  constructor(open: (name: string) => OpenFile) {
    this.#open = open;
  }

  /** A file, for use at once: another one that is asked for may close it. */
  get(name: string): OpenFile {
    const file = this.#files.get(name) ?? this.#open(name);
    // The order of a Map is that of its insertions: what is used goes to the end.
    this.#files.delete(name);
    this.#files.set(name, file);
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= OPEN_FILES_MAX) break;
      this.close(oldest);
    }
    return file;
  }

  /** One that is not open is no error. */
  close(name: string): void {
    const file = this.#files.get(name);
    this.#files.delete(name);
    file?.close();
  }

  closeAll(): void {
    for (const name of this.#files.keys()) this.close(name);
  }
}
