/**
 * What the file connectors need of a disk, so that a simulation can stand behind them. A failure rejects with an error
 * whose `code` is one of the POSIX names, such as `"ENOENT"` or `"ENOSPC"`.
 */
export interface FileSystem {
  /** Opens a file that exists. */
  openRead(path: string): Promise<OpenFile>;
  /** Makes a file that does not exist yet; `"EEXIST"` if it does. */
  create(path: string): Promise<OpenFile>;
  /** What is there, or `undefined` if nothing is. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Moves a file, in one atomic step, replacing what was at `to`. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. One that is not there is no error. */
  unlink(path: string): Promise<void>;
  /** The names in a directory, in any order; none if it does not exist. */
  readdir(path: string): Promise<readonly string[]>;
  /** Makes a directory and those above it. One that exists is no error. */
  mkdir(path: string): Promise<void>;
  /** Resolves when what was made, moved and removed in a directory would survive a loss of power. */
  syncDirectory(path: string): Promise<void>;
}

/** What stands at a path. */
export interface FileStat {
  /** The size of a file, in bytes; of anything else, whatever the system says. */
  readonly sizeBytes: number;
  /** What it is; of a link, what it leads to. */
  readonly kind: "file" | "directory" | "other";
}

/** A file that was opened by a {@link FileSystem}. */
export interface OpenFile {
  /** Reads into `target` from a byte position. Resolves with how many bytes were there; 0 is the end of the file. */
  read(target: Uint8Array<ArrayBuffer>, position: number): Promise<number>;
  /** Writes at a byte position. Resolves with how many bytes were taken, which may be fewer than given. */
  write(bytes: Uint8Array<ArrayBuffer>, position: number): Promise<number>;
  /** Resolves when what was written would survive a loss of power. */
  sync(): Promise<void>;
  /** Its present size. */
  sizeBytes(): Promise<number>;
  /** Closes it. What was not synced may still be lost. */
  close(): Promise<void>;
}

/** The POSIX name of what went wrong, if the error carries one. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : undefined;
}

const PASSING: ReadonlySet<string> = new Set([
  "EAGAIN",
  "EBUSY",
  "EINTR",
  "EIO",
  "EMFILE",
  "ENFILE",
  "ESTALE",
  "ETIMEDOUT",
]);

/** Whether the same call may succeed a little later. */
export function mayPass(error: unknown): boolean {
  return PASSING.has(errorCode(error) ?? "");
}

/** Fills `target` from a byte position as far as the file reaches. Resolves with the number of bytes read. */
export async function readFully(file: OpenFile, target: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const count = await file.read(target.subarray(filled), position + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
