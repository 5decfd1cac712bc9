import type { Model, Step } from "./explore.ts";
import { type Lineage, NOTHING_SEEN, observe, type Observed } from "@tidemark/core/testing";

/**
 * Coordinators over a compare-and-set store, as the protocol has them: several processes take over one job, each answer
 * of the store may get lost, each request may take effect long after its sender stopped waiting or died, and any process
 * may sleep through the life of another and go on. Every interleaving of these is a run.
 */

/** A line of the protocol that can be left out, to see that the exploration notices. */
export type CoordinatorFlaw =
  /** A head does not say who wrote it: two owners may write the same bytes. */
  | "no-owner-in-head"
  /** Ids go on after the newest one that the head lists, instead of after the reserved stretch. */
  | "ids-not-reserved"
  /** An unknown answer counts as a refusal, and what the checkpoint wrote is deleted. */
  | "unknown-means-no"
  /** An unknown answer counts as success. */
  | "unknown-means-yes"
  /** Sinks commit when the manifest is there, before the head lists it. */
  | "commit-before-head"
  /** Whatever a head does not list is deleted, of whichever generation it is. */
  | "delete-newer"
  /** What the next head will not list any more is deleted before that head is there. */
  | "delete-before-head"
  /** The head is overwritten without looking. */
  | "blind-write";

/** How far an exploration goes. */
export interface CoordinatorBounds {
  readonly processes: number;
  /** Starts of all processes together, the first ones included. */
  readonly starts: number;
  /** Checkpoints of all processes together. */
  readonly checkpoints: number;
  /** Answers that get lost. */
  readonly losses: number;
}

interface Head {
  readonly generation: number;
  readonly owner: number;
  readonly nextId: number;
  /** The one retained checkpoint; 0: none. */
  readonly listed: number;
}

/** What a process is doing. */
type Process =
  | { readonly at: "down" }
  /** It is about to read the head, to take it over. The owner is drawn by chance: no two starts have the same. */
  | { readonly at: "reading"; readonly owner: number }
  /** It asked for a new head and waits. */
  | { readonly at: "asking"; readonly ask: Ask }
  /** It stopped waiting, and is about to read what became of it. */
  | { readonly at: "unsure"; readonly ask: Ask }
  | { readonly at: "running"; readonly run: Run };

interface Ask {
  readonly expected: Head;
  readonly wanted: Head;
  /** What it was doing; `undefined`: it was taking over. */
  readonly run?: Run;
}

interface Run {
  readonly head: Head;
  readonly nextId: number;
  /** A checkpoint that was begun; 0: none. */
  readonly pending: number;
  readonly described: boolean;
}

/** What is on its way to the store or to a sink, and takes effect whenever it arrives. */
type Message =
  | { readonly to: "head"; readonly process: number; readonly expected: Head; readonly wanted: Head }
  /** The store's answer to a process. */
  | { readonly to: "process"; readonly process: number; readonly wanted: Head; readonly accepted: boolean }
  | { readonly to: "manifests"; readonly generation: number; readonly keep: number; readonly before: number };

interface State {
  readonly head: Head;
  /** Manifests in the store, as [generation, id]. */
  readonly manifests: readonly (readonly [generation: number, id: number])[];
  readonly processes: readonly Process[];
  readonly messages: readonly Message[];
  readonly starts: number;
  readonly losses: number;
  readonly seen: Lineage | string;
}

/** How many ids a write of the head reserves. */
const RESERVED = 2;

/** The model, whole or with a flaw. */
export function coordinatorModel(bounds: CoordinatorBounds, flaw?: CoordinatorFlaw): Model<State> {
  const nothing: Head = { generation: 0, owner: 0, nextId: 1, listed: 0 };
  return {
    initial: {
      head: nothing,
      manifests: [],
      processes: Array.from({ length: bounds.processes }, () => ({ at: "down" })),
      messages: [],
      starts: bounds.starts,
      losses: bounds.losses,
      seen: NOTHING_SEEN,
    },
    steps: (state) => {
      const moves = new Moves(state, bounds, flaw);
      state.processes.forEach((process, index) => moves.of(process, index));
      state.messages.forEach((message, index) => moves.deliver(message, index));
      return moves.all;
    },
    breach: ({ seen, head, manifests }) => {
      if (typeof seen === "string") return seen;
      if (head.listed === 0 || manifests.some(([, id]) => id === head.listed)) return undefined;
      return `the head lists ${head.listed}, and its manifest is gone`;
    },
    unfinished: () => undefined,
  };
}

/** All steps that a state allows. */
class Moves {
  readonly all: Step<State>[] = [];
  readonly #state: State;
  readonly #bounds: CoordinatorBounds;
  readonly #flaw: CoordinatorFlaw | undefined;

  constructor(state: State, bounds: CoordinatorBounds, flaw: CoordinatorFlaw | undefined) {
    this.#state = state;
    this.#bounds = bounds;
    this.#flaw = flaw;
  }

  of(process: Process, index: number): void {
    const { starts } = this.#state;
    if (process.at === "down") {
      if (starts > 0) this.#move("start", index, { at: "reading", owner: starts }, { starts: starts - 1 });
      return;
    }
    // One that has asked for nothing yet leaves nothing behind: starting later is the same.
    if (process.at === "reading") return this.#takeOver(index, process.owner);
    this.#move("crash", index, { at: "down" });
    if (process.at === "asking") this.#stopWaiting(index, process.ask);
    if (process.at === "unsure") this.#readBack(index, process.ask);
    if (process.at === "running") this.#run(index, process.run);
  }

  #takeOver(index: number, owner: number): void {
    const { head } = this.#state;
    const wanted: Head = {
      generation: head.generation + 1,
      owner: this.#flaw === "no-owner-in-head" ? 0 : owner,
      nextId: head.nextId + (this.#flaw === "ids-not-reserved" ? 0 : RESERVED),
      listed: head.listed,
    };
    this.#ask("take-over", index, { expected: head, wanted });
  }

  #ask(action: string, index: number, ask: Ask): void {
    const { expected, wanted } = ask;
    this.#move(action, index, { at: "asking", ask }, this.#sent({ to: "head", process: index, expected, wanted }));
  }

  #stopWaiting(index: number, ask: Ask): void {
    const { losses } = this.#state;
    if (losses > 0) this.#move("stop-waiting", index, { at: "unsure", ask }, { losses: losses - 1 });
  }

  #readBack(index: number, ask: Ask): void {
    if (this.#flaw === "unknown-means-no") return this.#refused("assume-refused", index, ask);
    if (this.#flaw === "unknown-means-yes") return this.#accepted("assume-accepted", index, ask);
    const { head } = this.#state;
    if (same(head, ask.wanted)) return this.#accepted("read-own", index, ask);
    if (same(head, ask.expected)) return this.#ask("ask-again", index, ask);
    this.#refused("read-other", index, ask);
  }

  /** The head is what a process wanted. */
  #accepted(action: string, index: number, { wanted, run }: Ask, messages = this.#state.messages): void {
    if (run === undefined) {
      const nextId = this.#flaw === "ids-not-reserved" ? wanted.listed + 1 : wanted.nextId - RESERVED;
      const next: Run = { head: wanted, nextId, pending: 0, described: false };
      const { generation, listed } = wanted;
      const seen: Observed[] = [{ kind: "started", generation, restoredFrom: listed }];
      if (listed !== 0) seen.push({ kind: "committed", generation, id: listed });
      return this.#move(action, index, { at: "running", run: next }, { messages }, seen);
    }
    const { generation, listed } = wanted;
    const next: Run = { ...run, head: wanted, pending: 0, described: false };
    const release: Message = { to: "manifests", generation, keep: listed, before: listed };
    this.#move(action, index, { at: "running", run: next }, { messages: [...messages, release] }, [
      { kind: "listed", generation, id: listed },
      { kind: "committed", generation, id: listed },
    ]);
  }

  /** Somebody else replaced the head: one who was taking over looks again, an owner is fenced and ends. */
  #refused(action: string, index: number, { run, wanted }: Ask, messages = this.#state.messages): void {
    if (this.#flaw === "unknown-means-no" && run !== undefined) {
      const manifests = this.#state.manifests.filter(([, id]) => id !== wanted.listed);
      const next: Run = { ...run, pending: 0, described: false };
      return this.#move(action, index, { at: "running", run: next }, { messages, manifests });
    }
    this.#move(action, index, run === undefined ? { at: "reading", owner: wanted.owner } : { at: "down" }, {
      messages,
    });
  }

  #run(index: number, run: Run): void {
    const { head, nextId, pending, described } = run;
    const { generation } = head;
    const { manifests, seen } = this.#state;
    if (pending === 0) {
      const drawn = typeof seen === "string" ? 0 : seen.drawn.length;
      const isReserved = this.#flaw === "ids-not-reserved" || nextId < head.nextId;
      if (drawn >= this.#bounds.checkpoints || !isReserved) return;
      const next: Run = { ...run, nextId: nextId + 1, pending: nextId };
      return this.#move("draw", index, { at: "running", run: next }, {}, [{ kind: "drawn", generation, id: nextId }]);
    }
    if (!described) {
      const observed: Observed[] = [{ kind: "described", generation, id: pending }];
      if (this.#flaw === "commit-before-head") observed.push({ kind: "committed", generation, id: pending });
      const kept: State["manifests"] =
        this.#flaw === "delete-before-head" ? manifests.filter(([, id]) => id !== head.listed) : manifests;
      const next: Run = { ...run, described: true };
      const changed = {
        manifests: [...kept, [generation, pending] as const].sort(([, left], [, right]) => left - right),
      };
      this.#move("describe", index, { at: "running", run: next }, changed, observed);
      return;
    }
    const wanted: Head = { ...head, listed: pending, nextId: Math.max(head.nextId, nextId + RESERVED) };
    this.#ask("list", index, { expected: head, wanted, run });
  }

  deliver(message: Message, index: number): void {
    const messages = this.#state.messages.filter((_, other) => other !== index);
    switch (message.to) {
      case "head":
        return this.#compareAndSet(message, messages);
      case "process":
        return this.#answer(message, messages);
      case "manifests":
        return this.#delete(message, messages);
    }
  }

  #compareAndSet(message: Extract<Message, { to: "head" }>, rest: readonly Message[]): void {
    const { process, expected, wanted } = message;
    const accepted = this.#flaw === "blind-write" || same(this.#state.head, expected);
    const messages = [...rest, { to: "process", process, wanted, accepted } as const];
    this.#step(accepted ? "replace-head" : "refuse-head", process, {
      messages,
      head: accepted ? wanted : this.#state.head,
    });
  }

  #answer(message: Extract<Message, { to: "process" }>, messages: readonly Message[]): void {
    const process = this.#state.processes[message.process]!;
    if (process.at !== "asking") return;
    if (message.accepted) return this.#accepted("accepted", message.process, process.ask, messages);
    // An owner that is refused may have been accepted before, and the first answer got lost: it reads back.
    if (this.#flaw === "unknown-means-no" || this.#flaw === "unknown-means-yes") {
      return this.#refused("refused", message.process, process.ask, messages);
    }
    this.#move("refused", message.process, { at: "unsure", ask: process.ask }, { messages });
  }

  #delete(message: Extract<Message, { to: "manifests" }>, messages: readonly Message[]): void {
    const { generation, keep, before } = message;
    const isOld = (of: number, id: number): boolean => of < generation || (of === generation && id < before);
    const manifests = this.#state.manifests.filter(
      ([of, id]) => id === keep || !(this.#flaw === "delete-newer" || isOld(of, id)),
    );
    this.#step("delete", generation, { messages, manifests });
  }

  #sent(message: Message): Partial<State> {
    return { messages: [...this.#state.messages, message] };
  }

  #move(action: string, index: number, process: Process, changed: Partial<State> = {}, seen: readonly Observed[] = []) {
    const processes = this.#state.processes.with(index, process);
    let lineage: Lineage | string = this.#state.seen;
    for (const each of seen) if (typeof lineage !== "string") lineage = observe(lineage, each);
    this.#step(action, index, { ...changed, processes, seen: lineage });
  }

  #step(action: string, who: number, changed: Partial<State>): void {
    const state = { ...this.#state, ...changed };
    const messages = state.messages.filter((message) => isAwaited(message, state.processes)).sort(byText);
    this.all.push({ action: `${action} ${who}`, state: { ...state, messages } });
  }
}

/** An answer that nobody waits for any more changes nothing. */
function isAwaited(message: Message, processes: readonly Process[]): boolean {
  if (message.to !== "process") return true;
  const process = processes[message.process]!;
  return process.at === "asking" && same(process.ask.wanted, message.wanted);
}

/** Messages are a set: in whatever order they were sent, it is one state. */
function byText(left: Message, right: Message): number {
  return JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
}

function same(left: Head, right: Head): boolean {
  return (
    left.generation === right.generation &&
    left.owner === right.owner &&
    left.nextId === right.nextId &&
    left.listed === right.listed
  );
}
