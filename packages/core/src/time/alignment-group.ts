import { NO_TIMESTAMP } from "./timestamps.ts";
import type { InputStatus } from "./watermark-merge.ts";

/** A reader in an alignment group. */
interface Member {
  watermark: number;
  status: InputStatus;
  readonly maxDriftMs: number;
  /** What to do when it need not wait any longer. */
  waiting: (() => void) | undefined;
}

/** What a reader tells its group, and asks it. */
export interface AlignmentMember {
  /** How far it has come, and whether it counts. */
  report(watermark: number, status: InputStatus): void;
  /**
   * Whether it is further ahead of the slowest than it may be.
   *
   * @param resume called once, when it no longer is.
   */
  mustWait(resume: () => void): boolean;
}

/**
 * Readers whose event times are kept together: one that is too far ahead of the slowest waits, so that what comes after them
 * need not hold what the fast ones have read. It changes when records are read, never which.
 *
 * The slowest is the least of those that are active and have reached some time. One that is idle, that has ended, or that
 * has not read anything yet holds nobody up; so does the slowest not wait for itself, and somebody can always go on.
 */
export class AlignmentGroup {
  readonly #members = new Set<Member>();

  /** @param maxDriftMs how far the member may be ahead of the slowest. */
  join(maxDriftMs: number): AlignmentMember {
    const member: Member = { watermark: NO_TIMESTAMP, status: "active", maxDriftMs, waiting: undefined };
    this.#members.add(member);
    return {
      report: (watermark, status) => this.#report(member, watermark, status),
      mustWait: (resume) => {
        const waits = this.#isAhead(member);
        member.waiting = waits ? resume : undefined;
        return waits;
      },
    };
  }

  #report(member: Member, watermark: number, status: InputStatus): void {
    if (member.watermark === watermark && member.status === status) return;
    member.watermark = watermark;
    member.status = status;
    for (const other of this.#members) {
      if (other.waiting === undefined || this.#isAhead(other)) continue;
      const resume = other.waiting;
      other.waiting = undefined;
      resume();
    }
  }

  #isAhead({ watermark, maxDriftMs }: Member): boolean {
    return watermark > this.#slowest() + maxDriftMs;
  }

  #slowest(): number {
    let slowest = Infinity;
    for (const { watermark, status } of this.#members) {
      if (status === "active" && watermark > NO_TIMESTAMP && watermark < slowest) slowest = watermark;
    }
    return slowest;
  }
}
