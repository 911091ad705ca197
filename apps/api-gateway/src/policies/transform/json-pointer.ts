import { isJsonObject } from "@libs/json";

/** Reference tokens of a JSON Pointer (RFC 6901), unescaped. */
export type Pointer = readonly string[];

/** A name of the prototype, which is not a member of the object. */
export function isPoisonous(pointer: Pointer): boolean {
  return pointer.includes("__proto__");
}

export type Found = { readonly value: unknown } | null;

/** Removes the pointer's value. @returns it, or `null` if there is none. */
export function take(root: unknown, pointer: Pointer): Found {
  const [parent, last] = parentOf(root, pointer);
  if (Array.isArray(parent)) {
    const index = indexOf(last, parent.length);
    if (index === null) return null;
    const [value]: unknown[] = parent.splice(index, 1);
    return { value };
  }
  if (!isJsonObject(parent) || !Object.hasOwn(parent, last)) return null;
  const value: unknown = Reflect.get(parent, last);
  Reflect.deleteProperty(parent, last);
  return { value };
}

/** Sets a value, creating missing objects; `-` is the end of a list. @returns false if another value is in the path. */
export function put(root: unknown, pointer: Pointer, value: unknown): boolean {
  let parent: unknown = root;
  for (const token of pointer.slice(0, -1)) {
    const next = childOf(parent, token);
    if (next !== undefined) parent = next;
    else {
      const made = {};
      if (!assign(parent, token, made)) return false;
      parent = made;
    }
    if (!isJsonObject(parent) && !Array.isArray(parent)) return false;
  }
  return assign(parent, pointer.at(-1) ?? "", value);
}

function assign(parent: unknown, token: string, value: unknown): boolean {
  if (Array.isArray(parent)) {
    if (token === "-") return parent.push(value) > 0;
    const index = indexOf(token, parent.length);
    if (index === null) return false;
    parent[index] = value;
    return true;
  }
  return isJsonObject(parent) && Reflect.set(parent, token, value);
}

function parentOf(root: unknown, pointer: Pointer): readonly [unknown, string] {
  let parent: unknown = root;
  for (const token of pointer.slice(0, -1)) parent = childOf(parent, token);
  return [parent, pointer.at(-1) ?? ""];
}

function childOf(parent: unknown, token: string): unknown {
  if (Array.isArray(parent)) {
    const index = indexOf(token, parent.length);
    return index === null ? undefined : parent[index];
  }
  return isJsonObject(parent) && Object.hasOwn(parent, token) ? Reflect.get(parent, token) : undefined;
}

function indexOf(token: string, length: number): number | null {
  return /^(0|[1-9]\d{0,9})$/.test(token) && Number(token) < length ? Number(token) : null;
}
