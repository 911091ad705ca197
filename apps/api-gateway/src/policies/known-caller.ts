import { digestOf } from "@libs/auth";
import { ReadyLines } from "@libs/http1";
import type { Principal } from "../model/identity/principal.ts";
import { identityFields } from "./authenticate/identity-headers.ts";

const nameLengthMax = 128;

/** What is derived from a principal once, for all its requests. */
export class KnownCaller {
  readonly principal: Principal;
  #name: string | null = null;
  #fields: readonly string[] | null = null;
  #lines: ReadyLines | null = null;

  constructor(principal: Principal) {
    this.principal = principal;
  }

  /** Always the same string object: a map finds it without comparing characters. */
  get name(): string {
    this.#name ??= shorten(`${this.principal.identity} ${this.principal.subject}`);
    return this.#name;
  }

  /** Names and values of the headers that tell services who calls. @throws CartwayError `forbidden` where they are too long. */
  get fields(): readonly string[] {
    this.#fields ??= identityFields(this.principal);
    return this.#fields;
  }

  /** The same, as written to the wire. */
  get lines(): ReadyLines {
    this.#lines ??= new ReadyLines(this.fields);
    return this.#lines;
  }
}

const callers = new WeakMap<Principal, KnownCaller>();
/** Cached for one request, whose policies use it one after the other. */
let last: KnownCaller | null = null;

export function callerOf(principal: Principal): KnownCaller {
  if (last?.principal === principal) return last;
  let caller = callers.get(principal);
  if (caller === undefined) {
    caller = new KnownCaller(principal);
    callers.set(principal, caller);
  }
  last = caller;
  return caller;
}

/** Replaces long values by their digests. */
export function shorten(part: string): string {
  return part.length <= nameLengthMax ? part : digestOf(part);
}
