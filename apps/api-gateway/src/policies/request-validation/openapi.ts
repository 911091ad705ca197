import { type JsonSchema, SchemaCompiler, type Validate } from "./compile-schema.ts";
import type { BodyContract, Contract } from "./contract.ts";
import { modernize } from "./modernize.ts";
import { isRecord } from "@libs/json";
import { decodePointerKey, encodePointerKey } from "../../model/config/json-pointer.ts";

export interface Operation {
  readonly method: string;
  /** `/carts/{id}`, with the server's path before it. */
  readonly path: string;
  readonly contract: Contract;
}

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"] as const;
const documentName = "openapi";
/** Header parameters that OpenAPI itself ignores. */
const notParameters: ReadonlySet<string> = new Set(["accept", "content-type", "authorization"]);

/** The operations of an API description. @throws Error for anything that cannot be checked, so that nothing passes unchecked. */
export function readOperations(document: JsonSchema, basePath: string | undefined): readonly Operation[] {
  const version = String(document["openapi"]);
  if (!/^3\.[01]\./.test(version)) throw new Error(`OpenAPI ${version} is not supported; 3.0 and 3.1 are`);
  const whole = version.startsWith("3.0.") ? modernize(document) : document;
  return new Reader(whole).operations(basePath ?? serverPath(whole));
}

function serverPath(document: JsonSchema): string {
  const servers = document["servers"];
  const first: unknown = Array.isArray(servers) ? servers[0] : undefined;
  const url = isRecord(first) ? String(first["url"]) : "/";
  const path = URL.parse(url, "http://service.invalid")?.pathname ?? "/";
  return path.replace(/\/+$/, "");
}

interface Parameter {
  readonly name: string;
  readonly place: string;
  readonly isRequired: boolean;
  readonly pointer: string;
  /** One text holds several values, with commas between them. */
  readonly isList: boolean;
}

class Reader {
  readonly #document: JsonSchema;
  readonly #texts = new SchemaCompiler({ coerces: true, isLenient: true });
  readonly #bodies = new SchemaCompiler({ coerces: false, isLenient: true });

  constructor(document: JsonSchema) {
    this.#document = document;
    for (const compiler of [this.#texts, this.#bodies]) compiler.addDocument(documentName, document);
  }

  operations(basePath: string): readonly Operation[] {
    const { value: paths } = this.#resolve("#/paths");
    return Object.keys(paths).flatMap((path) => {
      const item = this.#resolve(`#/paths/${encodePointerKey(path)}`);
      return methods.flatMap((method) => {
        if (!isRecord(item.value[method])) return [];
        const operation = this.#resolve(`${item.pointer}/${method}`);
        const shared = this.#parameters(item.pointer, item.value);
        const own = this.#parameters(operation.pointer, operation.value);
        const parameters = new Map([...shared, ...own].map((one) => [`${one.place} ${one.name}`, one]));
        const contract = this.#contract([...parameters.values()], operation);
        return [{ method: method.toUpperCase(), path: basePath + path, contract }];
      });
    });
  }

  #contract(parameters: readonly Parameter[], operation: Resolved): Contract {
    const of = (place: string) => parameters.filter((one) => one.place === place);
    return {
      params: this.#place(of("path")),
      query: this.#place(of("query")),
      headers: this.#place(of("header").filter(({ name }) => !notParameters.has(name))),
      body: this.#body(operation),
    };
  }

  /** One object of all parameters of a place. */
  #place(parameters: readonly Parameter[]): Validate | null {
    if (parameters.length === 0) return null;
    const validate = this.#texts.compile({
      type: "object",
      properties: Object.fromEntries(parameters.map(({ name, pointer }) => [name, referTo(pointer)])),
      required: parameters.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    });
    const lists = parameters.filter(({ isList }) => isList).map(({ name }) => name);
    if (lists.length === 0) return validate;
    return (value, prefix) => validate(splitLists(value, lists), prefix);
  }

  #parameters(pointer: string, { parameters }: JsonSchema): readonly Parameter[] {
    if (!Array.isArray(parameters)) return [];
    return parameters.flatMap((_, index) => {
      const { value, pointer: at } = this.#resolve(`${pointer}/parameters/${index}`);
      const place = String(value["in"]);
      const written = String(value["name"]);
      // Cookies contain sessions, not input; they are not validated.
      if (place === "cookie") return [];
      const what = `the ${place} parameter ${written}`;
      if (!isRecord(value["schema"])) throw new Error(`${what} has no schema`);
      const style = value["style"] ?? (place === "query" ? "form" : "simple");
      if (style !== "form" && style !== "simple")
        throw new Error(`${what} has the style ${JSON.stringify(style)}, which is not supported`);
      const explodes = value["explode"] ?? style === "form";
      const schema = this.#resolve(`${at}/schema`).value;
      const isList = schema["type"] === "array" && explodes === false;
      const name = place === "header" ? written.toLowerCase() : written;
      return [{ name, place, isRequired: value["required"] === true, pointer: `${at}/schema`, isList }];
    });
  }

  #body({ pointer, value: operation }: Resolved): BodyContract | null {
    if (!isRecord(operation["requestBody"])) return null;
    const { value, pointer: at } = this.#resolve(`${pointer}/requestBody`);
    const content = isRecord(value["content"]) ? value["content"] : {};
    const types = new Map<string, Validate | null>();
    for (const [type, media] of Object.entries(content)) {
      const name = type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
      const isChecked = isRecord(media) && media["schema"] !== undefined && /[/+]json$/.test(name);
      const schema = `${at}/content/${encodePointerKey(type)}/schema`;
      types.set(name, isChecked ? this.#bodies.compile(referTo(schema)) : null);
    }
    return { isRequired: value["required"] === true, types };
  }

  /** What a pointer leads to, through references within the document. */
  #resolve(pointer: string, depth = 0): Resolved {
    const value = at(this.#document, pointer);
    if (!isRecord(value)) throw new Error(`${pointer} is not there`);
    const reference = value["$ref"];
    if (reference === undefined) return { value, pointer };
    if (typeof reference !== "string" || !reference.startsWith("#/") || depth > 16)
      throw new Error(
        `${pointer} refers to ${JSON.stringify(reference)}: only references within the file are supported`,
      );
    return this.#resolve(reference, depth + 1);
  }
}

interface Resolved {
  readonly value: JsonSchema;
  readonly pointer: string;
}

function referTo(pointer: string): JsonSchema {
  return { $ref: documentName + pointer.split("/").map(encodeURIComponent).join("/").replace("%23", "#") };
}

function at(document: JsonSchema, pointer: string): unknown {
  let value: unknown = document;
  for (const part of pointer.split("/").slice(1)) {
    const name = decodePointerKey(decodeURIComponent(part));
    value = Array.isArray(value) ? value[Number(name)] : isRecord(value) ? value[name] : undefined;
  }
  return value;
}

function splitLists(value: unknown, names: readonly string[]): unknown {
  if (!isRecord(value)) return value;
  const split = names.flatMap((name) => {
    const text = value[name];
    return typeof text === "string" ? [[name, text === "" ? [] : text.split(",")]] : [];
  });
  return { ...value, ...Object.fromEntries(split) };
}
