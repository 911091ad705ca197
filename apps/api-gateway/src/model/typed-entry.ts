/** An entry of the config that a registry knows by its `type`; the other fields are that type's own. */
export type TypedEntry = { readonly type: string } & Readonly<Record<string, unknown>>;
