/**
 * One act on the outside: a write of a disk, a request to a store, a commit. Code under simulation touches durable
 * things only through effects, so a crash plan can strike at each of them.
 */
export interface Effect<T> {
  /** What it is called in traces and plans, such as `db.batch`. */
  readonly name: string;
  /** Makes the change and gives the reply. Called at most once, at a moment that the world picks. */
  apply(): T | PromiseLike<T>;
  /** What a crash in the middle may leave behind, each as an act of its own. Absent: the effect is atomic. */
  readonly torn?: readonly (() => void)[];
  /** Whether it changes nothing outside. A crash there is the same as a crash at the next effect that does. */
  readonly read?: boolean;
  /** The longest it takes, besides the latency that every effect has. Default: 0. */
  readonly slowMs?: number;
  /** What it is about, if it may be asked for again while it is under way: together they count once. */
  readonly about?: string;
  /** Whether it can still take place when its process is dead: a request that is on its way. */
  readonly remote?: boolean;
  /** The error it is answered with when a plan lets it fail. Absent: it cannot fail, only be cut off. */
  failure?(applied: boolean): unknown;
}

/** How a plan strikes at an effect. */
export type FaultForm =
  /** The process dies; the effect did not take place. */
  | "before"
  /** The process dies; the effect took place, and nobody was told. */
  | "after"
  /** The process dies in the middle; the number says which of the effect's torn variants is left. */
  | `torn${number}`
  /** The process lives on and gets an error; the effect did not take place. */
  | "refused"
  /** The process lives on and gets an error; the effect took place. */
  | "unanswered"
  /** The process gets no processor for a while, and then goes on with the effect. Meanwhile another one is started. */
  | "held";

/** What becomes of effects that were asked for and had not taken place when the process died. */
export type InFlight =
  /** None takes place. */
  | "lost"
  /** All take place, in the order they were asked for. */
  | "applied"
  /** The remote ones take place at some later time, perhaps after a restart; the others never. */
  | "late";

/** What may become of something that lies on a medium: a bit of it is another one, or its end is gone. */
export type Damage = "flip" | "cut";

/** One strike of a plan. */
export interface Fault {
  /** The ordinal of the effect within the life of its process, from 0. */
  readonly at: number;
  /** How it strikes. */
  readonly form: FaultForm;
  /** Whether the machine loses power as well: what no disk was asked to sync may go. */
  readonly power?: boolean;
  /** What becomes of effects that were asked for and have not taken place. Default: they are lost. */
  readonly inFlight?: InFlight;
  /** What happens to something that is stored when the process dies of this. Default: nothing. */
  readonly damage?: Damage;
  /** For how long a process is held. Default: 1000. */
  readonly heldMs?: number;
}

/** An effect that took place, or was struck. */
export interface EffectRecord {
  /** The life in which it was asked for, from 0. */
  readonly incarnation: number;
  /** Its number within that life, from 0. */
  readonly ordinal: number;
  /** What it does: `db.write`, for instance. */
  readonly name: string;
  /** Whether it only reads: a crash there leaves what the crash before it leaves. */
  readonly read: boolean;
  /** How many torn variants it has. */
  readonly torn: number;
  /** Whether a plan can let it fail. */
  readonly fails: boolean;
}
