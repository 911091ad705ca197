/** One thing wrong with a config: where, what was found, what was expected. All of a file's issues are told at once. */
export interface ConfigIssue {
  /** JSON Pointer (RFC 6901) from the place that reports it. */
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  /** The likely word for a misspelling. */
  readonly suggestion?: string;
}
