/** Where a secret is. The config holds references only; what they point to is never logged and never shown. */
export type SecretReference = { readonly env: string } | { readonly file: string };

/** Gives the secret's text. Throws where there is none: a policy is never silently without its key. */
export type ReadSecret = (reference: SecretReference) => string;
