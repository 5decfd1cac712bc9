import { type BackendCapabilities, type BackendJob, type BackendSession, type StateBackend } from "@tidemark/core";
import { Bounds } from "./bounds.ts";
import { claim } from "./identity.ts";
import type { LevelDatabase } from "./level-database.ts";
import { damagedDatabase, levelError } from "./level-errors.ts";
import { LevelRows } from "./level-rows.ts";
import { LevelSession } from "./level-session.ts";
import { HEAD_KEY } from "./row-keys.ts";
import { SerialQueue } from "./serial-queue.ts";

/** Makes the database, not yet opened or opening by itself. */
export type DatabaseFactory = () => LevelDatabase | Promise<LevelDatabase>;

/** Opens sessions on one database, of which only the newest may change anything. */
export class LeveldbBackend implements StateBackend {
  readonly name: string;
  readonly capabilities: BackendCapabilities;
  readonly #makeDatabase: DatabaseFactory;
  readonly #queue = new SerialQueue();
  #rows: LevelRows | undefined = undefined;
  #session: LevelSession | undefined = undefined;
  #hasSyncReads = true;

  constructor(location: string, makeDatabase: DatabaseFactory) {
    this.name = `leveldb "${location}"`;
    this.#makeDatabase = makeDatabase;
    const hasSyncReads = (): boolean => this.#hasSyncReads;
    this.capabilities = {
      durable: true,
      largerThanMemory: true,
      /** Known for certain once the database was opened: IndexedDB cannot, LevelDB can. */
      get syncReads() {
        return hasSyncReads();
      },
      sharedAccess: false,
    };
  }

  async open(job: BackendJob): Promise<BackendSession> {
    this.#session?.supersede();
    return this.#queue.run(async () => {
      // Another opening may have come in between.
      this.#session?.supersede();
      const rows = await this.#openRows();
      try {
        this.#session = await this.#openSession(rows, job);
      } catch (error) {
        this.#rows = undefined;
        await rows.close();
        throw error;
      }
      return this.#session;
    });
  }

  async #openSession(rows: LevelRows, job: BackendJob): Promise<LevelSession> {
    const identity = await claim(rows, job.name, () => job.env.random());
    const bounds = await Bounds.read(rows);
    await assertHead(rows, bounds);
    const session: LevelSession = new LevelSession({
      rows,
      bounds,
      database: identity.database,
      queue: this.#queue,
      onClose: () => this.#close(session),
    });
    return session;
  }

  /** The open database; a new one after a batch has failed, since only its log knows how that one ended. */
  async #openRows(): Promise<LevelRows> {
    if (this.#rows?.isBroken === true) {
      await this.#rows.close().catch(() => undefined);
      this.#rows = undefined;
    }
    if (this.#rows !== undefined) return this.#rows;
    try {
      const database = await this.#makeDatabase();
      await database.open();
      this.#rows = new LevelRows(database, this.name);
    } catch (error) {
      throw levelError("open", this.name, error);
    }
    this.#hasSyncReads = this.#rows.hasSyncReads;
    return this.#rows;
  }

  async #close(session: LevelSession): Promise<void> {
    await this.#queue.run(async () => {
      if (this.#session !== session) return;
      const rows = this.#rows;
      this.#session = undefined;
      this.#rows = undefined;
      await rows?.close();
    });
  }
}

/** Without a head everything would be taken for new, and emptied: not where a checkpoint was once sealed. */
async function assertHead(rows: LevelRows, bounds: Bounds): Promise<void> {
  if (bounds.isUntouched || (await rows.get(HEAD_KEY)) !== undefined) return;
  throw damagedDatabase(rows.name, "it holds sealed state, but its head record is missing");
}
