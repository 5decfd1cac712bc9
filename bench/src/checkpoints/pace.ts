/** A source and a sink whose speed is a matter of virtual time, and a store that takes time for every byte. */
import type { Env, PollResult, Sink, Source, SourceSplit, StateBackend } from "@tidemark/core";

/** A record of the bench: about a hundred bytes. */
export interface Item {
  readonly key: number;
  readonly text: string;
}

/** How many records the source gives each millisecond, in each subtask. */
export const SOURCE_RECORDS_PER_MS = 64;

/** How many records the sink takes each millisecond, in each subtask: ten times fewer. */
export const SINK_RECORDS_PER_MS = 6.4;

/** How many bytes the store takes each millisecond. */
export const STORE_BYTES_PER_MS = 20_000;

/** What each write takes at least, in milliseconds. */
export const STORE_LATENCY_MS = 2;

const TEXT = "x".repeat(80);

interface Stretch extends SourceSplit {
  readonly next: number;
}

/** Gives records without end, or none at all. */
export function pacedItems(isSilent: boolean, splits: number): Source<Item, Stretch, null, true> {
  return {
    name: "paced items",
    replayable: true,
    bounded: false,
    createEnumerator: ({ assign, parallelism }) => ({
      start: async () => {
        for (let index = 0; index < splits; index++) assign(index % parallelism, { id: `split-${index}`, next: index });
      },
      handleSplitRequest: () => undefined,
      snapshot: () => null,
      close: async () => undefined,
    }),
    createReader: ({ env }) => {
      let open: Stretch[] = [];
      let resting = false;
      let wait: Promise<void> = Promise.resolve();
      return {
        addSplits: (added) => {
          open = [...open, ...added];
        },
        poll: (limit): PollResult<Item> => {
          const [split] = open;
          if (isSilent || resting || split === undefined) return "nothing";
          const count = Math.min(limit, SOURCE_RECORDS_PER_MS);
          const values = Array.from({ length: count }, (_, index) => ({
            key: (split.next + index) * 7919,
            text: TEXT,
          }));
          open = [...open.slice(1), { ...split, next: split.next + count }];
          resting = true;
          wait = passed(env, 1).then(() => {
            resting = false;
          });
          return { splitId: split.id, values };
        },
        available: () => (isSilent ? new Promise(() => undefined) : wait),
        snapshot: () => open,
        close: async () => undefined,
      };
    },
  };
}

/** Takes records at its own pace; `longest` tells what the longest batch took so far. */
export function slowSink(): { readonly sink: Sink<Item, never, "exactly-once">; readonly longestMs: () => number } {
  let longest = 0;
  const sink: Sink<Item, never, "exactly-once"> = {
    name: "slow sink",
    delivery: "exactly-once",
    createWriter: ({ env }) => {
      let undrained = 0;
      return {
        get full() {
          return undrained > 0;
        },
        write: (values) => {
          undrained += values.length;
        },
        drained: async () => {
          const takesMs = undrained / SINK_RECORDS_PER_MS;
          longest = Math.max(longest, takesMs);
          await passed(env, takesMs);
          undrained = 0;
        },
        prepareCommit: async () => [],
        close: async () => undefined,
      };
    },
    createCommitter: () => ({
      recover: async () => undefined,
      commit: async (requests) => requests.map(() => "committed"),
      close: async () => undefined,
    }),
  };
  return { sink, longestMs: () => longest };
}

/** Makes every write of a backend take its time. */
export function slowStore(inner: StateBackend): StateBackend {
  return {
    name: inner.name,
    capabilities: inner.capabilities,
    ...(inner.paging === undefined ? {} : { paging: inner.paging }),
    open: async (job) => {
      const session = await inner.open(job);
      const { manifests } = session;
      const written = async (bytes: number): Promise<void> =>
        passed(job.env, STORE_LATENCY_MS + bytes / STORE_BYTES_PER_MS);
      const flush = session.flush.bind(session);
      return Object.assign(session, {
        flush: async (epoch: number) => {
          await written(0);
          await flush(epoch);
        },
        manifests: {
          read: (name: string) => manifests.read(name),
          list: () => manifests.list(),
          write: async (name: string, bytes: Uint8Array) => {
            await written(bytes.length);
            await manifests.write(name, bytes);
          },
        },
      });
    },
  };
}

function passed(env: Env, ms: number): Promise<void> {
  return new Promise((resolve) => {
    env.schedule(ms, resolve);
  });
}
