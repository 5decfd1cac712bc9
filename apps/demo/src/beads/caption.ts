/** A headline and a few sentences. */
export interface Caption {
  readonly title: string;
  readonly text: string;
}
