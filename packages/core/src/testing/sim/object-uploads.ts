import { concatBytes } from "../../bytes/compare.ts";
import { StateError } from "../../errors.ts";
import type { MultipartClient, ObjectUpload } from "../../state/object-client.ts";
import type { SimProcess } from "./process.ts";

/** Carries out one request, or does with it what the simulation draws. */
export type ObjectEffect = <T>(verb: string, key: string, read: boolean, apply: () => T) => Promise<T>;

interface Upload {
  readonly upload: ObjectUpload;
  readonly parts: Map<number, { readonly bytes: Uint8Array; readonly etag: string }>;
  /** Whether it was begun by a request whose process was dead by then: the next start ends it, if there is one. */
  readonly isLate: boolean;
  /** Who began it. */
  readonly process: SimProcess;
}

/** Uploads in parts that a simulated store holds, and that outlive the process that began them. */
export class ObjectUploads {
  readonly #uploads = new Map<string, Upload>();
  /** All that have ever asked. */
  readonly #processes = new Set<SimProcess>();
  #drawn = 0;

  /** The keys of uploads that are not over, in the order in which they began. */
  keys(): readonly string[] {
    return [...this.#uploads.values()].map(({ upload }) => upload.key);
  }

  /**
   * The keys of those that a process began which has died since, and that a later one, which ran to its end, had to end. What
   * a living one has begun, and was not told of, is ended by the next start; so is what was begun last, where an earlier process
   * came back and ended the job.
   */
  forgotten(): readonly string[] {
    const ended = [...this.#processes].filter(({ outcome }) => outcome.kind === "finished");
    const newest = Math.max(0, ...ended.map(({ incarnation }) => incarnation));
    return [...this.#uploads.values()].flatMap(({ upload, isLate, process }) =>
      isLate || process.alive || process.incarnation >= newest ? [] : [upload.key],
    );
  }

  /**
   * @param finish Makes an object, and gives its etag, unless the condition does not hold.
   * @param process Who asks.
   */
  client(
    effect: ObjectEffect,
    finish: (key: string, bytes: Uint8Array, condition: "always" | "absent") => string | undefined,
    process: SimProcess,
  ): MultipartClient {
    this.#processes.add(process);
    return {
      create: (key) => effect("begin", key, false, () => this.#create(key, process)),
      uploadPart: ({ key, uploadId }, { number, bytes }) => {
        const sent = bytes.slice();
        return effect("part", `${key} ${number}`, false, () => {
          const etag = `"part ${++this.#drawn}"`;
          this.#uploads.get(uploadId)?.parts.set(number, { bytes: sent, etag });
          return etag;
        });
      },
      complete: ({ key, uploadId }, { etags, condition }) =>
        effect("complete", key, false, () => {
          const upload = this.#uploads.get(uploadId);
          if (upload === undefined) return undefined;
          const parts = etags.map((etag, at) => {
            const part = upload.parts.get(at + 1);
            // It was sent again, and what was sent first came last. Keys of the store's own make other etags of the same bytes.
            if (part?.etag !== etag) throw invalidPart(key, at + 1);
            return part.bytes;
          });
          const made = finish(key, concatBytes(parts), condition);
          if (made !== undefined) this.#uploads.delete(uploadId);
          return made;
        }),
      abort: ({ key, uploadId }) => effect("abort", key, false, () => void this.#uploads.delete(uploadId)),
      listUploads: (prefix) =>
        effect("uploads", prefix, true, () =>
          [...this.#uploads.values()].flatMap(({ upload }) => (upload.key.startsWith(prefix) ? [upload] : [])),
        ),
    };
  }

  #create(key: string, process: SimProcess): ObjectUpload {
    const upload = { key, uploadId: `upload ${++this.#drawn}` };
    this.#uploads.set(upload.uploadId, { upload, parts: new Map(), isLate: !process.alive, process });
    return upload;
  }
}

function invalidPart(key: string, part: number): StateError {
  return new StateError("STATE_IO", `Cannot finish writing "${key}": part ${part} is not the one that is named`, {
    retryable: true,
  });
}
