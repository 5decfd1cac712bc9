import { join } from "node:path";

import {
  type CommitOutcome,
  type CommitRequest,
  type CommitterContext,
  ConfigurationError,
  messageOf,
  type SinkCommitter,
} from "@tidemark/core";
import { crc32c } from "@tidemark/core/internal";

import { type DirectorySettings, makeDirectory, stagedDirectory } from "./directory-settings.ts";
import type { FileCommittable } from "./directory-writer.ts";
import { sinkError } from "./file-errors.ts";
import { mayPass } from "./file-system.ts";
import type { PartNames } from "./part-names.ts";
import { chunks, SingleFile } from "./single-file.ts";

/** Makes staged files visible, by renaming them. */
export class DirectoryCommitter implements SinkCommitter<FileCommittable> {
  readonly #settings: DirectorySettings<never>;
  readonly #context: CommitterContext;
  readonly #names: PartNames;
  readonly #single: SingleFile | undefined;

  constructor(settings: DirectorySettings<never>, context: CommitterContext, names: PartNames) {
    this.#settings = settings;
    this.#context = context;
    this.#names = names;
    const { singleFile } = settings;
    if (singleFile !== undefined) this.#single = new SingleFile(settings, names, context.generation, singleFile);
  }

  async recover(requests: readonly CommitRequest<FileCommittable>[], checkpointId?: number): Promise<void> {
    const { fileSystem, directory } = this.#settings;
    const { generation } = this.#context;
    await makeDirectory(this.#settings);
    try {
      await this.#refuseLaterParts(checkpointId);
      const named = new Set(requests.map(({ committable }) => committable.staged));
      for (const name of await fileSystem.readdir(stagedDirectory(directory))) {
        const by = this.#names.stagedBy(name);
        if (by === undefined || by >= generation || named.has(name)) continue;
        await fileSystem.unlink(join(stagedDirectory(directory), name));
      }
    } catch (error) {
      throw sinkError("clear away staged files in", directory, error);
    }
  }

  async commit(requests: readonly CommitRequest<FileCommittable>[]): Promise<readonly CommitOutcome[]> {
    const { fileSystem, directory } = this.#settings;
    const outcomes: CommitOutcome[] = [];
    try {
      for (const { committable } of requests) outcomes.push(await this.#commitOne(committable));
      // Also when all were committed before: the process that did it may have died before this.
      if (requests.length > 0) await fileSystem.syncDirectory(directory);
      return outcomes;
    } catch (error) {
      if (!mayPass(error)) throw sinkError("commit into the directory", directory, error);
      this.#context.env.log({
        level: "warn",
        message: `Commit into ${JSON.stringify(directory)} is tried again: ${messageOf(error)}`,
      });
      // Not even those before are durable yet, and those after have to wait for their turn.
      return requests.map(() => "retry");
    }
  }

  async finish(): Promise<void> {
    try {
      await this.#single?.merge();
    } catch (error) {
      throw sinkError("put the parts together in", this.#settings.directory, error);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #commitOne({ staged, final, bytes, crc }: FileCommittable): Promise<CommitOutcome> {
    const { fileSystem, directory } = this.#settings;
    const from = join(stagedDirectory(directory), staged);
    const to = join(directory, final);
    const [waiting, visible] = [await fileSystem.stat(from), await fileSystem.stat(to)];
    if (visible !== undefined && waiting === undefined) {
      return visible.sizeBytes === bytes
        ? "already-committed"
        : differs(final, `${bytes} bytes`, `${visible.sizeBytes} bytes`);
    }
    if (visible !== undefined) {
      const found = await this.#crcOf(to);
      if (found !== crc) return differs(final, `CRC-32C ${crc}`, `${found}, written by something else`);
      await fileSystem.unlink(from);
      return "already-committed";
    }
    const merged = await this.#single?.parts();
    if (waiting === undefined && merged?.includes(final) === true) return "already-committed";
    if (waiting === undefined) return lost(directory, staged, final);
    if (waiting.sizeBytes !== bytes) return differs(staged, `${bytes} bytes`, `${waiting.sizeBytes} bytes`);
    if (merged !== undefined || (await this.#single?.exists()) === true) {
      const failed = `${JSON.stringify(this.#settings.singleFile)} was finished before, and takes no more rows; use another directory`;
      return { failed };
    }
    await fileSystem.rename(from, to);
    return "committed";
  }

  /**
   * Refuses a directory with parts that the job knows nothing of: those of a later start, since the state is not the one that
   * wrote them; and those of a later checkpoint, since the job was taken back and would write their rows again. A job that goes
   * on from its newest checkpoint has no such parts: the head lists a checkpoint before anything of it is visible.
   */
  async #refuseLaterParts(restored: number = Infinity): Promise<void> {
    const { fileSystem, directory } = this.#settings;
    const { generation, job } = this.#context;
    for (const name of (await fileSystem.readdir(directory)).toSorted()) {
      const from = this.#names.visibleFrom(name);
      if (from === undefined || (from.generation <= generation && from.checkpointId <= restored)) continue;
      const why =
        from.checkpointId > restored
          ? `of checkpoint ${from.checkpointId}, and the job goes on from checkpoint ${restored}: its rows would be there twice. `
          : `which a later start of job ${JSON.stringify(job)} has written than this one, number ${generation}; was its state deleted? `;
      throw new ConfigurationError(
        "OPTION_INVALID",
        `Cannot write into ${JSON.stringify(directory)}: it holds ${JSON.stringify(name)}, ${why}` +
          "Use another directory, or move these files away",
        { details: { directory, found: name, ...from } },
      );
    }
  }

  async #crcOf(path: string): Promise<number> {
    let crc = 0;
    for await (const bytes of chunks(this.#settings.fileSystem, path)) crc = crc32c(bytes, crc);
    return crc;
  }
}

function differs(name: string, expected: string, found: string): CommitOutcome {
  return { failed: `${JSON.stringify(name)} is not the file that was staged: expected ${expected}, found ${found}` };
}

function lost(directory: string, staged: string, final: string): CommitOutcome {
  return {
    failed:
      `the rows are lost: ${JSON.stringify(directory)} holds neither ${JSON.stringify(staged)} among its staged files ` +
      `nor ${JSON.stringify(final)}; something else has removed them`,
  };
}
