import { type BackendCapabilities, type BackendJob, type BackendSession, type StateBackend } from "@tidemark/core";
import { type StatePaging, statePaging } from "@tidemark/core/state";
import { Bounds } from "./bounds.ts";
import { claim } from "./identity.ts";
import { readHead } from "./head-row.ts";
import type { HeadWitness } from "./head-witness.ts";
import { damagedDatabase, levelError } from "./level-errors.ts";
import { LevelRows } from "./level-rows.ts";
import { LevelSession } from "./level-session.ts";
import type { LevelFiles, MadeDatabase } from "./open-level.ts";
import { SerialQueue } from "./serial-queue.ts";

/**
 * Makes the database, not yet opened or opening by itself. It is told what messages call it, and whether there has to be one
 * already.
 */
export type DatabaseFactory = (name: string, mustExist: boolean) => Promise<MadeDatabase>;

/** Opens sessions on one database, of which only the newest may change anything. */
export class LeveldbBackend implements StateBackend {
  readonly name: string;
  readonly capabilities: BackendCapabilities;
  readonly paging: StatePaging = statePaging;
  readonly #makeDatabase: DatabaseFactory;
  readonly #queue = new SerialQueue();
  #rows: LevelRows | undefined = undefined;
  #files: LevelFiles | undefined = undefined;
  #session: LevelSession | undefined = undefined;
  #hasSyncReads = true;

  constructor(location: string, makeDatabase: DatabaseFactory) {
    this.name = `leveldb "${location}"`;
    this.#makeDatabase = makeDatabase;
    const hasSyncReads = (): boolean => this.#hasSyncReads;
    this.capabilities = {
      durable: true,
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
      const rows = await this.#openRows(job.readOnly === true);
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
    const files = this.#files;
    await assertHead(rows, bounds, files?.witness);
    const session: LevelSession = new LevelSession({
      rows,
      bounds,
      files,
      database: identity.database,
      queue: this.#queue,
      onClose: () => this.#close(session),
    });
    return session;
  }

  /** The open database; a new one after a batch has failed, since only its log knows how that one ended. */
  async #openRows(mustExist: boolean): Promise<LevelRows> {
    if (this.#rows?.isBroken === true) {
      await this.#rows.close().catch(() => undefined);
      this.#rows = undefined;
    }
    if (this.#rows !== undefined) return this.#rows;
    try {
      const { database, files, order } = await this.#makeDatabase(this.name, mustExist);
      await database.open();
      files?.tables.start();
      this.#files = files;
      this.#rows = new LevelRows({ database, name: this.name, order, tables: files?.tables });
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

/** Without its head everything would be taken for new, and emptied; with an older one, newer output would be repeated. */
async function assertHead(rows: LevelRows, bounds: Bounds, witness: HeadWitness | undefined): Promise<void> {
  const head = await readHead(rows);
  if (head === undefined && !bounds.isUntouched) {
    throw damagedDatabase(rows.name, "it holds sealed state, but its head record is missing");
  }
  await witness?.assertNotOlder(head?.version ?? 0);
}
