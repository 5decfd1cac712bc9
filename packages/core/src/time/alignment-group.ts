/** A reader in an alignment group. */
interface Member {
  slowest: number;
  readonly maxDriftMs: number;
  /** Which limit it waits for, and what to do when it is reached. */
  awaited: { readonly time: number; readonly resume: () => void } | undefined;
}

/** What a reader tells its group, and asks it. */
export interface AlignmentMember {
  /** How far a split of this reader may have come and still be read on. */
  limit(): number;
  /** How far the slowest of its splits has come; `Infinity`: it has none that counts. */
  report(slowest: number): void;
  /** Calls `resume`, once, when the limit has reached a time; `undefined`: never. What it waited for before is forgotten. */
  awaitLimit(time: number | undefined, resume: () => void): void;
}

/**
 * Readers whose event times are kept together: a split that is too far ahead of the slowest is not read on, so that what
 * comes after them need not hold what the fast ones have read. It changes when records are read, never which.
 *
 * The slowest is the least of the splits that are active and have reached some time, whoever reads them. One that is idle,
 * that has ended, or of which nothing has been read yet holds nobody up; nor is the slowest itself beyond its limit, so
 * somebody can always go on.
 */
export class AlignmentGroup {
  readonly #members = new Set<Member>();

  /** @param maxDriftMs how far the splits of the member may be ahead of the slowest. */
  join(maxDriftMs: number): AlignmentMember {
    const member: Member = { slowest: Infinity, maxDriftMs, awaited: undefined };
    this.#members.add(member);
    return {
      limit: () => this.#limitOf(member),
      report: (slowest) => this.#report(member, slowest),
      awaitLimit: (time, resume) => {
        member.awaited = time === undefined ? undefined : { time, resume };
      },
    };
  }

  #report(member: Member, slowest: number): void {
    if (member.slowest === slowest) return;
    member.slowest = slowest;
    for (const other of this.#members) {
      const { awaited } = other;
      if (awaited === undefined || awaited.time > this.#limitOf(other)) continue;
      other.awaited = undefined;
      awaited.resume();
    }
  }

  #limitOf({ maxDriftMs }: Member): number {
    let slowest = Infinity;
    for (const member of this.#members) if (member.slowest < slowest) slowest = member.slowest;
    return slowest + maxDriftMs;
  }
}
