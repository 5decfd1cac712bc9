/** Runs something outside and brings its end back into the order of calls. */
export interface Requests {
  /** `completed` is called as one of the subtask's own calls; a rejection fails the job. */
  start<T>(run: () => Promise<T>, completed: (result: T) => void): void;
}
