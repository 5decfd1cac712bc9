import type {
  CommitOutcome,
  CommitRequest,
  CommitterContext,
  Sink,
  SinkCommitter,
  SinkWriter,
  SinkWriterContext,
} from "@tidemark/core";

/** What the sink asks of a database. Each call is a transaction: durable when it resolves, or as if it had never been. */
export interface Database {
  /** Keeps rows aside under a name. */
  stage(name: string, rows: readonly unknown[]): Promise<void>;
  /** Moves what was kept aside into the table, and remembers that it did. */
  publish(name: string): Promise<"published" | "published before" | "unknown">;
  /** The names of what is kept aside. */
  staged(): Promise<readonly string[]>;
  /** Forgets what was kept aside. */
  discard(name: string): Promise<void>;
}

/** Names some rows that are kept aside. Part of a checkpoint, so it is plain data. */
export interface StagedRows {
  readonly name: string;
}

/** Puts rows into a table, once. */
export function tableSink<T>(database: Database): Sink<T, StagedRows, "exactly-once"> {
  return {
    name: "table",
    delivery: "exactly-once",
    createWriter: (context) => new TableWriter(database, context),
    createCommitter: (context) => new TableCommitter(database, context),
  };
}

const BUFFER_ROWS = 1_000;

class TableWriter<T> implements SinkWriter<T, StagedRows> {
  readonly #database: Database;
  readonly #prefix: string;
  #rows: T[] = [];
  #sequence = 0;
  #staged: StagedRows[] = [];
  /** What is on its way to the database. */
  #underWay: Promise<void> = Promise.resolve();

  constructor(database: Database, { sinkId, generation, subtask }: SinkWriterContext) {
    this.#database = database;
    this.#prefix = `${sinkId}/${generation}/${subtask}`;
  }

  get full(): boolean {
    return this.#rows.length >= BUFFER_ROWS;
  }

  write(values: readonly T[]): void {
    for (const value of values) this.#rows.push(value);
  }

  async drained(): Promise<void> {
    this.#stage();
    await this.#underWay;
  }

  async prepareCommit(): Promise<readonly StagedRows[]> {
    this.#stage();
    const cut = this.#staged;
    this.#staged = [];
    await this.#underWay;
    return cut;
  }

  async close(): Promise<void> {
    // The next start discards what is kept aside.
  }

  #stage(): void {
    if (this.#rows.length === 0) return;
    const [name, rows] = [`${this.#prefix}/${this.#sequence++}`, this.#rows];
    this.#rows = [];
    this.#staged.push({ name });
    this.#underWay = this.#underWay.then(() => this.#database.stage(name, rows));
    // Who waits for it is told.
    this.#underWay.catch(() => undefined);
  }
}

class TableCommitter implements SinkCommitter<StagedRows> {
  readonly #database: Database;
  readonly #context: CommitterContext;

  constructor(database: Database, context: CommitterContext) {
    this.#database = database;
    this.#context = context;
  }

  async recover(requests: readonly CommitRequest<StagedRows>[]): Promise<void> {
    const named = new Set(requests.map(({ committable }) => committable.name));
    for (const name of await this.#database.staged()) {
      const [sinkId, generation] = name.split("/");
      const isOlder = sinkId === this.#context.sinkId && Number(generation) < this.#context.generation;
      if (isOlder && !named.has(name)) await this.#database.discard(name);
    }
  }

  async commit(requests: readonly CommitRequest<StagedRows>[]): Promise<readonly CommitOutcome[]> {
    const outcomes: CommitOutcome[] = [];
    for (const { committable } of requests) outcomes.push(await this.#publish(committable));
    return outcomes;
  }

  async close(): Promise<void> {
    // Nothing is held.
  }

  async #publish({ name }: StagedRows): Promise<CommitOutcome> {
    const found = await this.#database.publish(name);
    if (found === "unknown") return { failed: `the rows ${name} are lost: the database does not know them` };
    return found === "published" ? "committed" : "already-committed";
  }
}
