import type { PollResult, SourceReader, SourceReaderContext } from "../../connect/source.ts";
import { ConnectorError } from "../../errors.ts";
import type { SimProcess } from "./process.ts";
import type { Delivery } from "./topic-feed.ts";
import type { LogAnswer, LogEntry, TopicLog } from "./topic-log.ts";
import { type SimSplit, type Topic, topicRead } from "./topic.ts";

const AHEAD = "source gives first what comes behind";
const AGAIN = "source gives again what was read";
const GAP = "source leaves positions out";
const ENDED = "split ends right behind a cut";

/** A split that is being read. Positions are those of its log: a reader that counted its records would be wrong. */
interface Reading<T> {
  readonly log: TopicLog<T>;
  /** Everything before it was handed out by `poll`. */
  polled: number;
  /** Everything before it has arrived. */
  fetched: number;
}

/** Reads splits of a topic ahead, in bursts and pauses. */
export class TopicReader<T> implements SourceReader<T, SimSplit> {
  readonly #topic: Topic<T>;
  readonly #process: SimProcess;
  readonly #context: SourceReaderContext;
  /** By split. Finished ones are taken out. */
  readonly #open: Map<string, Reading<T>> = new Map();
  /** How many records of each split were handed out, by readers before it too, finished splits included. */
  readonly #given: Map<string, number> = new Map();
  readonly #buffer: (LogEntry<T> & { readonly splitId: string })[] = [];
  /** The positions at the cut of each checkpoint that may become complete. */
  readonly #reached: Map<number, ReadonlyMap<string, number>> = new Map();
  /** Splits that are at their end and do not say so yet: what lets them say it. */
  readonly #silent: Map<string, () => void> = new Map();
  readonly #waiting: (() => void)[] = [];
  #paused: ReadonlySet<string> = new Set();
  #fetching = false;
  #failure: unknown;
  #closed = false;

  constructor(topic: Topic<T>, process: SimProcess, context: SourceReaderContext) {
    this.#topic = topic;
    this.#process = process;
    this.#context = context;
  }

  addSplits(splits: readonly SimSplit[]): void {
    for (const split of splits) {
      const { id, position } = split;
      const { splits, cuts, acknowledged, world } = this.#topic;
      const log = splits[id];
      if (log === undefined) throw new ConnectorError("SOURCE_MISSING", `Cannot read split "${id}": no such split`);
      if (this.#open.has(id)) world.violation(`source: split "${id}" was added twice to one reader`);
      if (cuts.get(id)?.has(position) !== true) {
        world.violation(`source: split "${id}" is to be read from ${position}, where no reader was cut`);
      }
      const kept = acknowledged.keptFrom(id, this.#process);
      if (position < kept) {
        world.violation(`source: split "${id}" is to be read from ${position}, and was acknowledged up to ${kept}`);
      }
      this.#given.set(id, log.countBefore(position));
      if (position < log.end) this.#open.set(id, { log, polled: position, fetched: position });
    }
    this.#fetch();
    this.#wake();
  }

  poll(limit: number): PollResult<T> {
    if (this.#closed) this.#topic.world.violation(`source: reader ${this.#context.subtask} was polled after close`);
    if (this.#stopsAtMark()) return "nothing";
    const from = this.#buffer.findIndex(({ splitId }) => !this.#paused.has(splitId));
    const first = this.#buffer[from];
    if (first === undefined) {
      if (this.#open.size === 0) return "finished";
      this.#fetch();
      return "nothing";
    }
    const { splitId } = first;
    // Often less than there is, so that some is left when the engine is kept from asking again.
    const given = this.#given.get(splitId)!;
    const most = Math.min(limit, 1 + this.#process.choose(3), this.#untilMark(splitId, given));
    const taken: LogEntry<T>[] = [];
    while (taken.length < most && this.#buffer[from]?.splitId === splitId) taken.push(...this.#buffer.splice(from, 1));
    this.#given.set(splitId, given + taken.length);
    const reading = this.#open.get(splitId)!;
    reading.polled = taken.at(-1)!.position + 1;
    this.#passGap(splitId, reading);
    this.#fetch();
    return { splitId, values: taken.map(({ value }) => value) };
  }

  /** Where nothing is left of what has arrived, the position goes on to where that ended, and the split may be at its end. */
  #passGap(splitId: string, reading: Reading<T>): void {
    if (this.#buffer.some((entry) => entry.splitId === splitId)) return;
    reading.polled = reading.fetched;
    if (reading.polled >= reading.log.end) this.#open.delete(splitId);
  }

  #untilMark(splitId: string, given: number): number {
    return (this.#topic.marks?.nextAfter(splitId, given) ?? Infinity) - given;
  }

  /** Whether a split stands before a mark that ends the life of the process, or the run. */
  #stopsAtMark(): boolean {
    const { marks, name, world } = this.#topic;
    if (marks === undefined) return false;
    for (const [id, given] of this.#given) {
      const mark = marks.take(id, given);
      if (mark === undefined) continue;
      const place = `after record ${given} of split "${id}" of "${name}"`;
      world.tell(`process ${this.#process.incarnation} comes to the mark "${mark}" ${place}`);
      if (mark === "crash") world.kill(this.#process);
      else marks.end(this.#process);
      return true;
    }
    return false;
  }

  #fetch(): void {
    // What waits of paused splits takes no room from the others.
    if (this.#fetching || this.#closed || this.#ready >= this.#topic.bufferMax) return;
    const open = [...this.#open].filter(
      ([id, { log, fetched }]) => fetched < log.end && !this.#paused.has(id) && !this.#silent.has(id),
    );
    if (open.length === 0) return;
    this.#fetching = true;
    const { marks, fetchMax, paceMs, feed } = this.#topic;
    const [id, { log, fetched }] = open[this.#process.choose(open.length)]!;
    const before = log.countBefore(fetched);
    const count = Math.min(1 + this.#process.choose(fetchMax), this.#untilMark(id, before));
    const { env } = this.#context;
    const drawnMs = env.random() < 0.7 ? 0 : env.random() * paceMs;
    const pauseMs = drawnMs + (marks?.takePause(id, before) ?? 0);
    env.schedule(pauseMs, () => {
      this.#process.effect(topicRead(this.#topic, "fetch", () => feed.deliver(log, fetched, count))).then(
        (delivery) => this.#delivered(id, delivery),
        (error: unknown) => {
          this.#failure = error;
          this.#wake();
        },
      );
    });
  }

  #delivered(splitId: string, { now, later, laterMs }: Delivery<T>): void {
    this.#fetching = false;
    for (const answer of now) this.#arrived(splitId, answer);
    if (later !== undefined) this.#context.env.schedule(laterMs, () => this.#arrived(splitId, later));
    this.#wake();
    this.#fetch();
  }

  /** Takes what is new, and nothing that begins behind something that has not arrived: each record once, in its order. */
  #arrived(splitId: string, { from, entries, to }: LogAnswer<T>): void {
    const reading = this.#open.get(splitId);
    if (reading === undefined) return;
    const { world } = this.#topic;
    if (from !== reading.fetched) world.reach(from > reading.fetched ? AHEAD : AGAIN);
    if (from > reading.fetched || to <= reading.fetched) return;
    if (entries.length === 0 && this.#topic.lateEndMs > 0) return this.#fallSilent(splitId, reading, to);
    const fresh = entries.filter(({ position }) => position >= reading.fetched);
    if (to - reading.fetched > fresh.length) world.reach(GAP);
    for (const entry of fresh) this.#buffer.push({ ...entry, splitId });
    reading.fetched = to;
    this.#passGap(splitId, reading);
  }

  /** A split is at its end, and says so a while later. */
  #fallSilent(splitId: string, reading: Reading<T>, to: number): void {
    const speak = (): void => {
      if (!this.#silent.delete(splitId)) return;
      reading.fetched = to;
      this.#passGap(splitId, reading);
      this.#wake();
    };
    this.#silent.set(splitId, speak);
    const { env } = this.#context;
    env.schedule(env.random() * this.#topic.lateEndMs, speak);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async available(): Promise<void> {
    if (this.#failure === undefined && this.#ready === 0 && this.#open.size > 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  pauseSplits(paused: ReadonlySet<string>): void {
    this.#paused = paused;
    this.#fetch();
  }

  /** How many records may be polled. */
  get #ready(): number {
    return this.#buffer.filter(({ splitId }) => !this.#paused.has(splitId)).length;
  }

  snapshot(checkpointId?: number): readonly SimSplit[] {
    const cut = [...this.#open].map(([id, { polled }]) => ({ id, position: polled }));
    for (const { id, position } of cut) this.#topic.cuts.get(id)!.add(position);
    if (checkpointId !== undefined) this.#reached.set(checkpointId, this.#positions());
    // The hardest moment for a split to end is right behind a cut that has it as open.
    if (checkpointId === undefined || this.#silent.size === 0) return cut;
    this.#topic.world.reach(ENDED);
    void Promise.resolve().then(() => this.#speak());
    return cut;
  }

  /** Where all splits stand that were ever added, those that were read to their end as well. */
  #positions(): ReadonlyMap<string, number> {
    const { splits } = this.#topic;
    return new Map([...this.#given.keys()].map((id) => [id, this.#open.get(id)?.polled ?? splits[id]!.end]));
  }

  checkpointCompleted(checkpointId: number): void {
    const { acknowledged } = this.#topic;
    for (const [id, position] of this.#reached.get(checkpointId) ?? []) {
      acknowledged.advance(id, position, this.#process);
    }
    for (const older of this.#reached.keys()) if (older <= checkpointId) this.#reached.delete(older);
  }

  #speak(): void {
    for (const speak of this.#silent.values()) speak();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
