/** Watches event time in a run: of each channel, and of each subtask. */
import type { TraceEvent } from "@tidemark/core";

/** What one channel has said so far. */
interface ChannelTime {
  watermark: number;
  isFinished: boolean;
}

/**
 * Event time as the contract has it: of a subtask it only grows; it is never beyond the furthest of its channels; and as long as
 * none of them was idle it is the least of those that have not ended. While nothing was restored a channel's only grows, too: what
 * is restored into a channel may be ahead of what comes behind it.
 */
export class EventTimes {
  readonly #breach: (text: string) => void;
  #channels: Map<string, Map<number, ChannelTime>> = new Map();
  #subtasks: Map<string, number> = new Map();
  #hadIdle: Set<string> = new Set();
  #isRestored = false;

  constructor(breach: (text: string) => void) {
    this.#breach = breach;
  }

  /** Takes an event of the trace. */
  on(event: TraceEvent): void {
    switch (event.kind) {
      case "attempt-started":
        return this.#begin(event.restoredFrom !== undefined);
      case "region-restarted":
        return this.#beginAgain(event.stages);
      case "channel-watermark": {
        const channel = this.#channel(nameOf(event.at), event.channel.index);
        if (event.time < channel.watermark && !this.#isRestored) {
          this.#breach(
            `channel ${event.channel.index} of ${nameOf(event.at)} went from ${channel.watermark} to ${event.time}`,
          );
        }
        channel.watermark = Math.max(channel.watermark, event.time);
        return;
      }
      case "channel-status":
        if (event.status === "idle") this.#hadIdle.add(nameOf(event.at));
        if (event.status === "finished") this.#channel(nameOf(event.at), event.channel.index).isFinished = true;
        return;
      case "watermark":
        return this.#advance(nameOf(event.at), event.time);
      default:
        return;
    }
  }

  #begin(isRestored: boolean): void {
    this.#channels = new Map();
    this.#subtasks = new Map();
    this.#hadIdle = new Set();
    this.#isRestored = isRestored;
  }

  /** Subtasks of these stages begin anew, and all others go on. */
  #beginAgain(stages: readonly string[]): void {
    for (const known of [this.#channels, this.#subtasks, this.#hadIdle]) {
      for (const at of known.keys()) if (stages.includes(at.slice(0, at.lastIndexOf("/")))) known.delete(at);
    }
    this.#isRestored = true;
  }

  #channel(at: string, index: number): ChannelTime {
    const ofSubtask = this.#channels.get(at) ?? new Map<number, ChannelTime>();
    this.#channels.set(at, ofSubtask);
    const channel = ofSubtask.get(index) ?? { watermark: -Infinity, isFinished: false };
    ofSubtask.set(index, channel);
    return channel;
  }

  #advance(at: string, time: number): void {
    const before = this.#subtasks.get(at) ?? -Infinity;
    if (time <= before) this.#breach(`${at} went from ${before} to ${time}`);
    this.#subtasks.set(at, time);
    const channels = [...(this.#channels.get(at)?.values() ?? [])];
    // A source has no channels, and at the end of all channels time has come to its end.
    if (channels.length === 0 || !Number.isFinite(time)) return;
    const greatest = Math.max(...channels.map(({ watermark }) => watermark));
    if (time > greatest) this.#breach(`${at} is at ${time}, and its channels at ${greatest} at most`);
    if (this.#hadIdle.has(at)) return;
    const open = channels.filter(({ isFinished, watermark }) => !isFinished && watermark !== Infinity);
    const least = Math.min(...open.map(({ watermark }) => watermark));
    if (time !== least) this.#breach(`${at} is at ${time}, and the least of its channels at ${least}`);
  }
}

function nameOf({ stage, subtask }: { readonly stage: string; readonly subtask: number }): string {
  return `${stage}/${subtask}`;
}
