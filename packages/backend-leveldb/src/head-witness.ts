import { StateError } from "@tidemark/core";
import { ByteReader, ByteWriter, messageOf, openSealed, sealBytes } from "@tidemark/core/internal";
import type { Directory } from "./directory.ts";

const MAGIC = "TMLW";
const VERSION = 0;

/** LevelDB leaves files of such a name alone. */
const FILE = "head.witness";

/** What the witness saw: a head that was on the disk. */
export interface Witnessed {
  /** How often the head had been set. */
  readonly version: number;
  /** The number of the log that took it. */
  readonly log: number;
  /** Where it ended in that log. */
  readonly logBytes: number;
}

/**
 * A file beside the database which remembers how far the head had come. The end of a log that was lost to damage looks to
 * LevelDB like the end of a log that a crash cut short, and the job would silently go on from an older checkpoint. The
 * witness is written after the head, so it may be behind it, but never ahead.
 */
export class HeadWitness {
  readonly #directory: Directory;
  readonly #name: string;

  /** @param name What messages call the database. */
  constructor(directory: Directory, name: string) {
    this.#directory = directory;
    this.#name = name;
  }

  /** @throws {StateError} STATE_CORRUPT if the file cannot be read. */
  async read(): Promise<Witnessed | undefined> {
    if (!(await this.#directory.list()).includes(FILE)) return undefined;
    const bytes = await this.#directory.read(FILE);
    try {
      const reader = new ByteReader(openSealed(MAGIC, VERSION, bytes).body);
      const witnessed = { version: reader.u64(), log: reader.u64(), logBytes: reader.u64() };
      reader.done();
      return witnessed;
    } catch (error) {
      throw this.#refusal(`its file ${FILE}, which says how new the head must be, is damaged: ${messageOf(error)}`);
    }
  }

  /** Called with each new version of the head, once it is on the disk and before anything else is written. */
  async write(version: number): Promise<void> {
    try {
      const log = newestLog(await this.#directory.list());
      const writer = new ByteWriter(24);
      writer.u64(version);
      writer.u64(Number.parseInt(log));
      writer.u64(await this.#directory.sizeBytes(log));
      await this.#directory.replace(FILE, sealBytes(MAGIC, VERSION, writer.view()));
    } catch (error) {
      throw new StateError(
        "STATE_IO",
        `Cannot write ${FILE} beside ${this.#name}: ${messageOf(error)}. The checkpoint itself is on the disk. Check that ` +
          "this process may write there and that the disk has room, and start the job again",
        { cause: error, details: { backend: this.#name } },
      );
    }
  }

  /** @throws {StateError} STATE_CORRUPT if the head is older than the one that was witnessed. */
  async assertNotOlder(version: number): Promise<void> {
    const witnessed = await this.read();
    if (witnessed === undefined || version >= witnessed.version) return;
    const found = version === 0 ? "it has no head" : `its head is version ${version}`;
    throw this.#refusal(`${found}, and ${FILE} has seen version ${witnessed.version}`);
  }

  /**
   * Told how far the log that took the head is as it was written.
   *
   * @throws {StateError} STATE_CORRUPT if the head would not be in it.
   */
  assertReached({ version, log, logBytes }: Witnessed, soundBytes: number): void {
    if (soundBytes >= logBytes) return;
    const found = `its log ${log} is sound up to byte ${soundBytes} only`;
    throw this.#refusal(`${found}, and ${FILE} has seen version ${version} of the head end at byte ${logBytes}`);
  }

  #refusal(found: string): StateError {
    const { path } = this.#directory;
    return new StateError(
      "STATE_CORRUPT",
      `Cannot use ${this.#name}: ${found}. Put back a copy of all of ${path}. Or delete ${FILE} there to go on from what is ` +
        "left: rows that were committed after that checkpoint may then be written twice, or be refused by their sinks",
      { details: { backend: this.#name, path } },
    );
  }
}

function newestLog(files: readonly string[]): string {
  const logs = files.filter((file) => /^\d+\.log$/.test(file));
  const newest = logs.toSorted((a, b) => Number.parseInt(a) - Number.parseInt(b)).at(-1);
  if (newest === undefined) throw new Error("the database has no log");
  return newest;
}
