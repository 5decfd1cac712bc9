import { AsyncLocalStorage } from "node:async_hooks";

import { type BackendSession, type Env, standardEnv, type StateStore } from "@tidemark/core";

/** What an access to a medium is for. */
export type Purpose =
  /** Everything before the job has its state back. */
  | "start"
  /** Entries that records ask for and that are not in memory. */
  | "read"
  /** Changes, the manifest and the head. */
  | "checkpoint"
  /** Layers that are put together. */
  | "compaction"
  /** Deleting what nothing needs any more. */
  | "clean-up";

/**
 * Knows what the access that is being made is for: by which method of a backend it began, and by the points that the engine
 * passes. What runs in the background goes on with the purpose that it began with.
 */
export class Purposes {
  readonly #current = new AsyncLocalStorage<Purpose>();
  #isStarting = true;

  /** To be given to the job. */
  readonly env: Env = standardEnv({
    point: (name) => {
      if (name === "restore.done") this.#isStarting = false;
      // One that was begun by a checkpoint, or by a start, is neither: until it ends, and nothing else runs in its context.
      if (name === "fold.starting") this.#current.enterWith("compaction");
    },
  });

  /** That of what is running now. */
  get now(): Purpose {
    return this.#current.getStore() ?? (this.#isStarting ? "start" : "checkpoint");
  }

  /** Opens a session whose calls are known by what they are for. */
  async open(opening: () => Promise<BackendSession>): Promise<BackendSession> {
    this.#isStarting = true;
    const session = await opening();
    const { head, manifests } = session;
    return {
      head: {
        read: () => this.#run("start", () => head.read()),
        compareAndSet: (expected, bytes) => this.#run("checkpoint", () => head.compareAndSet(expected, bytes)),
      },
      manifests: {
        read: (name) => this.#run("start", () => manifests.read(name)),
        write: (name, bytes) => this.#run("checkpoint", () => manifests.write(name, bytes)),
        list: () => this.#run("clean-up", () => manifests.list()),
      },
      rollback: (epoch) => this.#run("start", () => session.rollback(epoch)),
      flush: (epoch) => this.#run("checkpoint", () => session.flush(epoch)),
      openView: (options) => this.#run("start", () => session.openView(options)),
      openStore: async (options) => this.#store(await this.#run("start", () => session.openStore(options))),
      release: (retained) => this.#run("clean-up", () => session.release(retained)),
      audit: (retained) => this.#run("clean-up", () => session.audit(retained)),
      close: () => session.close(),
    };
  }

  #store(store: StateStore): StateStore {
    // Bound to the store itself: its methods reach for what is private to it.
    return new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (name === "scan") return (...given: Parameters<StateStore["scan"]>) => this.#scan(target.scan(...given));
        if (typeof member !== "function") return member;
        const purpose = name === "write" || name === "seal" ? "checkpoint" : "read";
        return (...given: unknown[]) => this.#run(purpose, () => Reflect.apply(member, target, given) as unknown);
      },
    });
  }

  #scan<T>(slices: AsyncIterable<T>): AsyncIterable<T> {
    const inner = slices[Symbol.asyncIterator]();
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => this.#run("read", () => inner.next()),
        return: async () => (await inner.return?.()) ?? { done: true, value: undefined },
      }),
    };
  }

  #run<T>(purpose: Purpose, act: () => T): T {
    return this.#current.run(this.#isStarting ? "start" : purpose, act);
  }
}
