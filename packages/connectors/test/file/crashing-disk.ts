import { dirname } from "node:path";

import type { FileStat, FileSystem, OpenFile } from "../../src/file/mod.ts";

/** How an effect goes when the power fails at it. */
export type CrashForm = "before" | "torn" | "after";

/**
 * What fails: the power, and only what was synced is left; the power, and removals of names happen to be written before
 * other changes; or the process, and what was not synced may still be lost later.
 */
export type Failure = "power" | "power, removals first" | "process";

interface Inode {
  data: Uint8Array;
  synced: Uint8Array;
}

type Names = Map<string, Inode>;

interface MetadataStep {
  readonly directories: readonly string[];
  readonly removes: boolean;
  readonly apply: (names: Names) => void;
}

/** What is on a disk: as it is seen, and as it is once the power has failed. */
interface Content {
  readonly names: Names;
  readonly directories: Set<string>;
  readonly durable: Names;
  /** Changes of names that are not durable yet. */
  readonly journal: MetadataStep[];
}

function emptyContent(): Content {
  return { names: new Map(), directories: new Set(), durable: new Map(), journal: [] };
}

/** A system error, as the operating system's own have it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up`), { code });
}

/**
 * A disk in memory that can lose its power at any effect. What a file holds is durable after its sync; names are durable
 * after the sync of a directory that they were changed in, together with all changes before, as a journal has it. After
 * the crash nothing answers any more, as in a process that was killed.
 */
export class CrashingDisk {
  /** How many effects there were. */
  effects = 0;
  /** The names of the effects, for messages. */
  readonly trace: string[] = [];
  /** Resolves at the crash. */
  readonly crashed: Promise<"crashed">;
  readonly #content: Content;
  readonly #crashAt: number;
  readonly #form: CrashForm;
  #isDown = false;
  #resolveCrashed: (crashed: "crashed") => void = () => undefined;

  constructor(crashAt: number = Infinity, form: CrashForm = "before", content: Content = emptyContent()) {
    this.#crashAt = crashAt;
    this.#form = form;
    this.#content = content;
    this.crashed = new Promise((resolve) => {
      this.#resolveCrashed = resolve;
    });
  }

  /** The disk as the next process finds it. */
  restart(failure: Failure, crashAt?: number, form?: CrashForm): CrashingDisk {
    if (failure === "process") return new CrashingDisk(crashAt, form, this.#content);
    const { durable, directories, journal } = this.#content;
    for (const { removes, apply } of journal) if (removes && failure === "power, removals first") apply(durable);
    const names: Names = new Map([...durable].map(([path, { synced }]) => [path, { data: synced, synced }]));
    return new CrashingDisk(crashAt, form, { names, directories, durable: new Map(names), journal: [] });
  }

  /** The text of each file, by path. */
  files(): ReadonlyMap<string, string> {
    return new Map([...this.#content.names].map(([path, { data }]) => [path, new TextDecoder().decode(data)]));
  }

  get fileSystem(): FileSystem {
    return {
      openRead: async (path) => this.#open(this.#existing(path)),
      create: (path) =>
        this.#effect(`create ${path}`, () => {
          if (this.#content.names.has(path)) throw systemError("EEXIST");
          const inode: Inode = { data: new Uint8Array(), synced: new Uint8Array() };
          this.#change([path], (names) => names.set(path, inode));
          return this.#open(inode);
        }),
      stat: async (path) => this.#stat(path),
      rename: (from, to) =>
        this.#effect(`rename ${to}`, () => {
          const inode = this.#existing(from);
          this.#change([from, to], (names) => {
            names.delete(from);
            names.set(to, inode);
          });
        }),
      unlink: (path) => this.#effect(`unlink ${path}`, () => this.#change([path], (names) => names.delete(path), true)),
      readdir: async (path) => this.#readdir(path),
      mkdir: (path) =>
        this.#effect(`mkdir ${path}`, () => {
          for (let at = path; at !== dirname(at); at = dirname(at)) this.#content.directories.add(at);
        }),
      syncDirectory: (path) => this.#effect(`sync directory ${path}`, () => this.#syncDirectory(path)),
    };
  }

  #existing(path: string): Inode {
    const inode = this.#content.names.get(path);
    if (inode === undefined) throw systemError("ENOENT");
    return inode;
  }

  #stat(path: string): FileStat | undefined {
    const inode = this.#content.names.get(path);
    if (inode !== undefined) return { sizeBytes: inode.data.length, kind: "file" };
    return this.#content.directories.has(path) ? { sizeBytes: 0, kind: "directory" } : undefined;
  }

  #readdir(path: string): readonly string[] {
    const paths = [...this.#content.names.keys(), ...this.#content.directories];
    return paths
      .filter((known) => dirname(known) === path && known !== path)
      .map((known) => known.slice(path.length + 1));
  }

  #change(paths: readonly string[], apply: (names: Names) => void, removes: boolean = false): void {
    apply(this.#content.names);
    this.#content.journal.push({ directories: paths.map((path) => dirname(path)), removes, apply });
  }

  #syncDirectory(path: string): void {
    const last = this.#content.journal.findLastIndex(({ directories }) => directories.includes(path));
    for (const { apply } of this.#content.journal.splice(0, last + 1)) apply(this.#content.durable);
  }

  #open(inode: Inode): OpenFile {
    return {
      read: async (target, position) => {
        const found = inode.data.subarray(position, position + target.length);
        target.set(found);
        return found.length;
      },
      write: (bytes, position) => {
        const write = (count: number): number => {
          const data = new Uint8Array(Math.max(inode.data.length, position + count));
          data.set(inode.data);
          data.set(bytes.subarray(0, count), position);
          inode.data = data;
          return count;
        };
        return this.#effect(
          "write",
          () => write(bytes.length),
          () => write(bytes.length >> 1),
        );
      },
      sync: () =>
        this.#effect("sync", () => {
          inode.synced = inode.data;
        }),
      sizeBytes: async () => inode.data.length,
      close: async () => undefined,
    };
  }

  /** Does something that lasts, or loses the power at it. */
  async #effect<T>(name: string, act: () => T, tear?: () => void): Promise<T> {
    await Promise.resolve();
    if (!this.#isDown) {
      this.effects++;
      this.trace.push(name);
      if (this.effects !== this.#crashAt) return act();
      this.#isDown = true;
      if (this.#form === "after") act();
      else if (this.#form === "torn") tear?.();
      this.#resolveCrashed("crashed");
    }
    return new Promise(() => undefined);
  }
}
