/** A config entry that a registry resolves by its `type`; the other fields depend on it. */
export type TypedEntry = { readonly type: string } & Readonly<Record<string, unknown>>;
