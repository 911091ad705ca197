/** The location of a secret. The config contains references only; the secret itself is never logged or shown. */
export type SecretReference = { readonly env: string } | { readonly file: string };

/** Reads a secret. Throws where it is missing: a policy never runs without its key. */
export type ReadSecret = (reference: SecretReference) => string;
