import type { Model, Step } from "./explore.ts";

/**
 * A two-phase sink: rows are staged in a transaction of their own, a checkpoint names it, and when the head lists the
 * checkpoint the transaction is committed, at the latest by the next start. The job may die between any two steps, an
 * older process may go on beside a newer one, calls to the sink may take effect late or twice, and their answers may be
 * lost. That the head decides between processes is taken from the model of the coordinators.
 */

/** A line of the protocol that can be left out, to see that the exploration notices. */
export type SinkFlaw =
  /** A commit that is asked for again writes the rows again. */
  | "commit-not-idempotent"
  /** A start commits nothing. */
  | "no-commit-on-restore"
  /** Commits begin when the checkpoint is prepared. */
  | "commit-before-head"
  /** A start clears all that is staged, also what its checkpoint names. */
  | "clear-what-is-named"
  /** A start leaves what its checkpoint does not name, and opens it again under the same name. */
  | "names-without-generation"
  /** What an aborted checkpoint prepared is forgotten. */
  | "abort-forgets"
  /** The source goes on where it was, not where the checkpoint was. */
  | "no-rewind"
  /** A transaction that is gone counts as committed. */
  | "gone-is-fine";

/** How far an exploration goes. */
export interface SinkBounds {
  /** Records of the input: 0, 1, 2 … */
  readonly records: number;
  readonly starts: number;
  /** Checkpoints that are given up after they were prepared. */
  readonly aborts: number;
  /** Answers that get lost. */
  readonly losses: number;
  /** Whether the sink may drop what stays uncommitted for long. */
  readonly timeouts: boolean;
}

/** A transaction in the sink. */
interface Transaction {
  readonly name: string;
  readonly rows: readonly number[];
  readonly state: "staged" | "committed" | "gone";
}

/** What a checkpoint holds. */
interface Checkpoint {
  readonly generation: number;
  readonly position: number;
  readonly committables: readonly string[];
}

/** A process. The older one may go on while the newer one runs. */
interface Life {
  readonly generation: number;
  readonly position: number;
  /** The transaction that is being filled: its number in this life, and whether it holds rows. */
  readonly cut: number;
  readonly filled: boolean;
  /** Transactions that were prepared and are named by no complete checkpoint. */
  readonly prepared: readonly string[];
  /** Whether everything prepared so far is in a checkpoint that waits for the head. */
  readonly atBarrier: boolean;
  /** Commits that are not known to be settled. */
  readonly open: readonly string[];
  /** Whether a complete checkpoint holds the whole input. */
  readonly whole: boolean;
  readonly end: "running" | "finished" | "failed" | "dead";
}

/** A call of the sink that is under way: its effect and its answer come in their own time. */
interface Commit {
  readonly generation: number;
  readonly name: string;
  readonly state: "sent" | "done" | "refused";
}

interface State {
  readonly head: Checkpoint;
  readonly lives: readonly Life[];
  readonly transactions: readonly Transaction[];
  readonly commits: readonly Commit[];
  /** Rows that readers of the sink see, sorted. */
  readonly visible: readonly number[];
  readonly starts: number;
  readonly aborts: number;
  readonly losses: number;
  readonly timeouts: boolean;
}

/** The model, whole or with a flaw. */
export function sinkModel(bounds: SinkBounds, flaw?: SinkFlaw): Model<State> {
  const { starts, aborts, losses, timeouts } = bounds;
  return {
    initial: {
      head: { generation: 0, position: 0, committables: [] },
      lives: [],
      transactions: [],
      commits: [],
      visible: [],
      starts,
      aborts,
      losses,
      timeouts,
    },
    steps: (state) => new Moves(state, bounds, flaw).all(),
    breach: ({ visible, head, lives }) => {
      const twice = visible.find((row, index) => visible[index + 1] === row);
      if (twice !== undefined) return `row ${twice} is there twice`;
      const early = visible.find((row) => row >= head.position);
      if (early !== undefined) return `row ${early} is there, and the checkpoint ends before ${head.position}`;
      if (!bounds.timeouts && lives.some(({ end }) => end === "failed")) return "a transaction that was named is gone";
      if (lives.some(({ end }) => end === "finished") && visible.length < bounds.records) {
        return `the job is over, and ${visible.length} of ${bounds.records} rows are there`;
      }
      return undefined;
    },
    unfinished: ({ lives }) => {
      return lives.at(-1)?.end === "running" ? "nothing more happens, and the job is not over" : undefined;
    },
  };
}

class Moves {
  readonly #all: Step<State>[] = [];
  readonly #state: State;
  readonly #bounds: SinkBounds;
  readonly #flaw: SinkFlaw | undefined;

  constructor(state: State, bounds: SinkBounds, flaw: SinkFlaw | undefined) {
    this.#state = state;
    this.#bounds = bounds;
    this.#flaw = flaw;
  }

  all(): readonly Step<State>[] {
    const newest = this.#state.lives.at(-1)?.end;
    if (newest === "finished" || newest === "failed") return [];
    if (this.#state.starts > 0) this.#start();
    for (const life of this.#state.lives) if (life.end === "running") this.#live(life);
    for (const commit of this.#state.commits) this.#deliver(commit);
    if (this.#state.timeouts) this.#timeOut();
    return this.#all;
  }

  /** A process takes the job over. Whether the one before it is dead or asleep, it cannot know. */
  #start(): void {
    const { head, lives, starts, transactions } = this.#state;
    const generation = head.generation + 1;
    const last = lives.at(-1);
    const position = this.#flaw === "no-rewind" && last !== undefined ? last.position : head.position;
    const isKept = ({ name, state }: Transaction): boolean => {
      if (state !== "staged" || this.#flaw === "names-without-generation") return true;
      return this.#flaw !== "clear-what-is-named" && head.committables.includes(name);
    };
    const life: Life = {
      generation,
      position,
      cut: 0,
      filled: false,
      prepared: [],
      atBarrier: false,
      open: this.#flaw === "no-commit-on-restore" ? [] : head.committables,
      whole: false,
      end: "running",
    };
    this.#step(`start ${generation}`, {
      head: { ...head, generation },
      // Of the lives before it one at most is still awake; what older ones may do, this one may do as well.
      lives: [...lives.slice(-1), life],
      transactions: transactions.map((each) => (isKept(each) ? each : { ...each, state: "gone" })),
      starts: starts - 1,
    });
  }

  #live(life: Life): void {
    const { generation, position, filled, prepared, atBarrier, open, whole } = life;
    // What the restored checkpoint holds is settled before anything else is done.
    for (const name of open) this.#commit(life, name);
    if (open.length > 0) return;
    if (whole) return this.#step(`finish ${generation}`, this.#lived(life, { end: "finished" }));
    if (atBarrier) return this.#conclude(life);
    const isAtEnd = position === this.#bounds.records;
    if (!isAtEnd) this.#stage(life);
    if (!filled && prepared.length === 0 && !isAtEnd) return;
    const named = filled ? [...prepared, this.#nameOf(life)] : prepared;
    const begun = this.#flaw === "commit-before-head" ? named.map((name) => sent(generation, name)) : [];
    this.#step(`barrier ${generation}`, {
      ...this.#lived(life, { prepared: named, cut: life.cut + 1, filled: false, atBarrier: true }),
      commits: withAll(this.#state.commits, begun),
    });
  }

  #nameOf({ generation, cut }: Life): string {
    return this.#flaw === "names-without-generation" ? `t${cut}` : `g${generation}t${cut}`;
  }

  #stage(life: Life): void {
    const name = this.#nameOf(life);
    const found = this.#state.transactions.find((each) => each.name === name);
    if (found !== undefined && found.state !== "staged") {
      return this.#step(`fail ${life.generation}`, this.#lived(life, { end: "dead" }));
    }
    const rows = [...(found?.rows ?? []), life.position];
    const others = this.#state.transactions.filter((each) => each !== found);
    this.#step(`stage ${life.generation}`, {
      ...this.#lived(life, { position: life.position + 1, filled: true }),
      transactions: [...others, { name, rows, state: "staged" } as const].sort((left, right) =>
        left.name < right.name ? -1 : 1,
      ),
    });
  }

  /** The checkpoint is completed by the head, given up, or its process learns that it was taken over. */
  #conclude(life: Life): void {
    const { head, aborts } = this.#state;
    const { generation, position, prepared } = life;
    if (head.generation !== generation) {
      return this.#step(`fence ${generation}`, this.#lived(life, { end: "dead" }));
    }
    this.#step(`list ${generation}`, {
      ...this.#lived(life, {
        prepared: [],
        atBarrier: false,
        open: prepared,
        whole: position === this.#bounds.records,
      }),
      head: { generation, position, committables: prepared },
    });
    if (aborts > 0) {
      const kept = this.#flaw === "abort-forgets" ? [] : prepared;
      const next = this.#lived(life, { prepared: kept, atBarrier: false });
      this.#step(`abort ${generation}`, { ...next, aborts: aborts - 1 });
    }
  }

  #commit(life: Life, name: string): void {
    const { commits, losses } = this.#state;
    const { generation, open } = life;
    const call = commits.find((each) => each.generation === generation && each.name === name);
    const others = commits.filter((each) => each !== call);
    if (call === undefined) {
      return this.#step(`commit ${generation} ${name}`, { commits: withAll(commits, [sent(generation, name)]) });
    }
    const rest = open.filter((each) => each !== name);
    if (call.state === "done") {
      this.#step(`settled ${generation}`, { ...this.#lived(life, { open: rest }), commits: others });
    }
    if (call.state === "refused") {
      const after: Partial<Life> = this.#flaw === "gone-is-fine" ? { open: rest } : { end: "failed" };
      this.#step(`refused ${generation}`, { ...this.#lived(life, after), commits: others });
    }
    // The answer is lost: it is asked again, and the first call may still take effect, for an older generation's name.
    if (losses > 0) {
      const late = call.state === "sent" ? [sent(-generation, name)] : [];
      this.#step(`lose-answer ${generation}`, { commits: withAll(others, late), losses: losses - 1 });
    }
  }

  /** A commit takes effect, whoever sent it and whoever still waits for it. */
  #deliver(commit: Commit): void {
    if (commit.state !== "sent") return;
    const { commits, transactions, visible } = this.#state;
    const others = commits.filter((each) => each !== commit);
    const transaction = transactions.find(({ name }) => name === commit.name);
    const answered = (state: "done" | "refused"): readonly Commit[] =>
      commit.generation < 0 ? others : withAll(others, [{ ...commit, state }]);
    if (transaction === undefined || transaction.state === "gone") {
      return this.#step(`deliver-gone ${commit.name}`, { commits: answered("refused") });
    }
    const isAgain = transaction.state === "committed" && this.#flaw !== "commit-not-idempotent";
    this.#step(`deliver ${commit.name}`, {
      commits: answered("done"),
      transactions: transactions.map((each) => (each === transaction ? { ...each, state: "committed" } : each)),
      visible: isAgain ? visible : [...visible, ...transaction.rows].sort((left, right) => left - right),
    });
  }

  #timeOut(): void {
    const { transactions } = this.#state;
    for (const late of transactions) {
      if (late.state !== "staged") continue;
      const dropped = transactions.map((each) => (each === late ? ({ ...each, state: "gone" } as const) : each));
      this.#step(`time-out ${late.name}`, { transactions: dropped, timeouts: false });
    }
  }

  #lived(life: Life, changed: Partial<Life>): Pick<State, "lives"> {
    return { lives: this.#state.lives.map((each) => (each === life ? { ...each, ...changed } : each)) };
  }

  #step(action: string, changed: Partial<State>): void {
    this.#all.push({ action, state: { ...this.#state, ...changed } });
  }
}

function sent(generation: number, name: string): Commit {
  return { generation, name, state: "sent" };
}

/** Calls are a set: in whatever order they were made, it is one state. */
function withAll(commits: readonly Commit[], more: readonly Commit[]): readonly Commit[] {
  const text = ({ generation, name, state }: Commit): string => `${name} ${generation} ${state}`;
  return [...commits, ...more].sort((left, right) => (text(left) < text(right) ? -1 : 1));
}
