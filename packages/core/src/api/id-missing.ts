/**
 * What the compiler says where an id is missing: `Misuse` with the sentence is the second type of the place where the id stands, so
 * that whatever else is put there is told of by it.
 *
 * @module
 */

/** Of `source`. */
export type SourceNeedsId =
  "A source needs an id, by which its positions are found again after a restart, and then what is read: source('orders', ...).";

/** Of `process`. */
export type ProcessNeedsId =
  "A process needs an id, by which its state is found again after a restart, and then its functions: process('sessions', ...).";

/** Of `reduce`. */
export type ReduceNeedsId =
  "A reduce needs an id, by which its state is found again after a restart, and then a function that combines two records: reduce('totals', ...).";

/** Of `window`. */
export type WindowNeedsId =
  "A window needs an id, by which its state is found again after a restart, and then its kind: window('hourly', tumbling('1h')).";

/** Of `join`. */
export type JoinNeedsId =
  "A join needs an id, by which its state is found again after a restart, and then the other stream, a kind of join, and a function that combines what meets: join('paid', ...).";

/** Of `pipe`. */
export type PipeNeedsId =
  "A pipe needs an id, with which the ids inside begin, and then a function of this stream: pipe('totals', ...).";

/** Of `sink`. */
export type SinkNeedsId =
  "A sink needs an id, by which its commits are found again after a restart, and then what is written to: sink('out', ...).";
