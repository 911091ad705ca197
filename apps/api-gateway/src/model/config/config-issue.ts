/** A problem of a config: where, what was found, what was expected. All problems of a file are reported together. */
export interface ConfigIssue {
  /** JSON Pointer (RFC 6901), relative to the reporting part. */
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  /** The word that was probably meant. */
  readonly suggestion?: string;
}
