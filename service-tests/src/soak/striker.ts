/** Kills this process where its aim says: with SIGKILL, by its own hand, so that not a line of it runs any more. */
import { watch } from "node:fs";
import { flushCompileCache } from "node:module";
import type { PointName } from "@tidemark/core";
import type { Aim } from "./aims.ts";
import { say, type SoakPlace } from "./task.ts";

/** An aim that does not come by within this time is missed. */
const PATIENCE_MS = 30_000;

/** Listens to the points of the engine and, for what has no point, to files. */
export class Striker {
  readonly #aim: Aim | undefined;
  #completed = 0;
  #reached = 0;
  #passed = 0;
  #isRestored = false;
  #isStriking = false;

  constructor(aim: Aim | undefined, place: SoakPlace) {
    this.#aim = aim;
    if (aim === undefined) return;
    setTimeout(() => this.#die({ type: "missed", reached: this.#reached }), PATIENCE_MS);
    if (aim.phase === "fold or compaction" && place.backend === "leveldb") this.#watchTables(place.directory);
  }

  /** Told of each number that was read. */
  reached(n: number): void {
    this.#reached = Math.max(this.#reached, n);
  }

  /** Told of each point of the engine. */
  point(name: PointName, detail?: Readonly<Record<string, unknown>>): void {
    const id = detail?.["checkpointId"];
    // The head is also written when ids are drawn ahead: that completes no checkpoint.
    if (name.startsWith("head.") && typeof id !== "number") return;
    if (name === "restore.done") this.#restored(typeof id === "number" ? id : undefined);
    this.#consider(name);
    if (name !== "head.written") return;
    this.#completed++;
    say({ type: "completed", id: Number(id), reached: this.#reached });
  }

  #restored(from: number | undefined): void {
    this.#isRestored = true;
    // Node writes its cache when a process ends, and this one will not end.
    flushCompileCache();
    say({ type: "restored", from });
  }

  #consider(name: PointName): void {
    const aim = this.#aim;
    if (aim === undefined || !this.#isArmed()) return;
    if (this.#isStriking) return name === aim.to ? this.#strike(name) : undefined;
    if (aim.phase === "any moment") return this.#strikeSoon("any moment");
    if (name === aim.from && ++this.#passed >= aim.occurrence) this.#strikeSoon(name);
  }

  #isArmed(): boolean {
    return this.#completed >= (this.#aim?.afterCheckpoints ?? Infinity);
  }

  #strikeSoon(at: string): void {
    this.#isStriking = true;
    const delayMs = this.#aim?.delayMs ?? 0;
    if (delayMs === 0) return this.#strike(at);
    const due = performance.now() + delayMs;
    // Timers count whole milliseconds: turns are finer, and let the work of the phase go on.
    const look = (): void => {
      if (performance.now() >= due) this.#strike(at);
      else setImmediate(look);
    };
    setImmediate(look);
  }

  #strike(at: string): void {
    this.#die({ type: "struck", at, reached: this.#reached });
  }

  #die(last: Parameters<typeof say>[0]): void {
    say(last);
    process.kill(process.pid, "SIGKILL");
  }

  /** LevelDB compacts in threads of its own, and shows it by a new table. */
  #watchTables(directory: string): void {
    watch(directory, (_event, name) => {
      const isTable = name?.endsWith(".ldb") === true;
      if (isTable && this.#isRestored && this.#isArmed() && !this.#isStriking) this.#strikeSoon(`table ${name}`);
    });
  }
}
