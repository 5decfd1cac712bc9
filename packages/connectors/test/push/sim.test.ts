/** Push clients in the simulator: killed at any effect, over a broker that keeps nothing that was acknowledged. */
import assert from "node:assert/strict";
import { env } from "node:process";
import { test } from "node:test";

import { simMemory } from "@tidemark/backend-memory/testing";
import { pipeline } from "@tidemark/core";
import {
  describeSweep,
  jobScenario,
  type SimJob,
  type SimProcess,
  simRandom,
  type SimWorld,
  sweepCrashPoints,
} from "@tidemark/core/testing";

import { type PushChannel, type PushClient, replayablePushSource } from "../../src/push/mod.ts";

const RECORDS = 40;
/** One effect in so many is struck where tests are to be short. */
const STRIDE = Math.round(8 / Number(env["WIDTH"] ?? 1));

/** A queue that outlives every process, and forgets what was acknowledged. */
class Broker {
  readonly #world: SimWorld;
  readonly #messages: readonly string[];
  #forgotten = 0;
  #told = 0;

  constructor(world: SimWorld) {
    this.#world = world;
    const random = simRandom(world.seed).fork();
    this.#messages = Array.from({ length: RECORDS }, (_, index) => `k${random.below(4)}-${index}`);
  }

  get messages(): readonly string[] {
    return this.#messages;
  }

  get forgotten(): number {
    return this.#forgotten;
  }

  /** Whether somebody has wanted to acknowledge the last message. */
  get wasToldAll(): boolean {
    return this.#told === RECORDS;
  }

  /** Fetches a few messages at a time, and pauses now and then. */
  connect(process: SimProcess, channel: PushChannel<string, number>, from: number = 0): PushClient<number> {
    const feed = async (): Promise<void> => {
      for (let next = from; next < RECORDS;) {
        const fetched = await process.effect({
          name: "broker.fetch",
          read: true,
          apply: () => this.#fetch(next, 1 + process.choose(6)),
        });
        for (const message of fetched) await channel.push(message, ++next);
      }
      channel.end();
    };
    feed().catch((error: unknown) => channel.fail(error));
    const failure = (): Error => new Error("connection reset");
    return {
      checkpointed: (position) => {
        this.#told = position;
        return process.effect({
          name: "broker.acknowledge",
          apply: () => this.#forget(position),
          failure,
          remote: true,
        });
      },
      close: () => undefined,
    };
  }

  #fetch(from: number, count: number): readonly string[] {
    if (from < this.#forgotten) {
      this.#world.violation(`broker: asked for message ${from}, and all before ${this.#forgotten} were acknowledged`);
    }
    return this.#messages.slice(from, from + count);
  }

  #forget(position: number): void {
    this.#forgotten = Math.max(this.#forgotten, position);
  }
}

const pushed: SimJob<string> = {
  name: "pushed",
  prepare(world) {
    const broker = new Broker(world);
    let lives = 0;
    return {
      expected: { rows: broker.messages, describe: (row) => row },
      build(process, sink) {
        lives++;
        const job = pipeline("pushed", { guarantee: "exactly-once" });
        const source = replayablePushSource<string, number>({
          bounded: true,
          recordsMax: 3,
          open: (channel, from) => broker.connect(process, channel, from),
        });
        job
          .source("messages", source)
          .keyBy((message) => message.slice(0, 2))
          .reduce("last", (_, message) => message)
          .sink("out", sink);
        return job;
      },
      // Who dies or fails right at the end does not come back to it: then the last acknowledgement is missing.
      end: () => {
        if (broker.forgotten === RECORDS || lives > 1 || broker.wasToldAll) return [];
        return [`broker: ${broker.forgotten} of ${RECORDS} are acknowledged`];
      },
    };
  },
};

const scenario = jobScenario(pushed, simMemory(), {
  checkpoint: { interval: "10ms" },
  channelRecords: 4,
  parallelism: [2, 1],
});

test("replayablePushSource: killed anywhere, nothing is lost or doubled, and nothing is acknowledged that is asked for again (NOT-02)", async () => {
  const report = await sweepCrashPoints(scenario, { seed: 1, stride: STRIDE, failures: true, inFlight: true });
  assert.ok(report.checkpoints >= 3, `only ${report.checkpoints} checkpoints`);
  assert.equal(report.failures.length, 0, describeSweep(report));
});
