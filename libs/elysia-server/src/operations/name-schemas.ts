import { isRecord } from "@libs/json";
import { mapValues } from "./map-values.ts";

/** Keywords whose values are data, even where they look like a schema. */
const values: ReadonlySet<string> = new Set(["const", "default", "enum", "example", "examples"]);
const methods: ReadonlySet<string> = new Set(["get", "put", "post", "delete", "options", "head", "patch"]);
const componentName = /^[A-Z]\w*$/;

/**
 * Names the schemas of an OpenAPI document, so that generated clients have named types: a schema with a `title`, such as `Device`, moves
 * to `components.schemas` and is referenced from there; bodies and answers without a title become `<operationId>Body` and
 * `<operationId>Answer`. @throws Error where one name would stand for two schemas.
 */
export function nameSchemas(document: unknown): unknown {
  if (!isRecord(document) || !isRecord(document["paths"])) return document;
  const components = isRecord(document["components"]) ? document["components"] : {};
  const named = new NamedSchemas(isRecord(components["schemas"]) ? components["schemas"] : {});
  const paths = mapValues(document["paths"], (item) =>
    isRecord(item)
      ? mapValues(item, (operation, method) =>
          methods.has(method) && isRecord(operation) ? nameOperation(operation, named) : operation,
        )
      : item,
  );
  return { ...document, paths, components: { ...components, schemas: named.all } };
}

function nameOperation(operation: Record<string, unknown>, named: NamedSchemas): Record<string, unknown> {
  const { parameters, requestBody, responses, operationId } = operation;
  const id = typeof operationId === "string" ? operationId : "";
  const own = id.replaceAll(/(?:^|[^A-Za-z\d]+)([A-Za-z\d]|$)/g, (_all, letter: string) =>
    letter.toUpperCase(),
  );
  return {
    ...operation,
    ...(Array.isArray(parameters)
      ? { parameters: parameters.map((one) => nameContent(one, null, named)) }
      : {}),
    ...(isRecord(requestBody) ? { requestBody: nameContent(requestBody, `${own}Body`, named) } : {}),
    ...(isRecord(responses)
      ? {
          responses: mapValues(responses, (response, status) =>
            nameContent(response, status.startsWith("2") ? `${own}Answer` : null, named),
          ),
        }
      : {}),
  };
}

/** Names the schemas of a parameter, body or response: its `schema`, or those of its `content`. */
function nameContent(holder: unknown, name: string | null, named: NamedSchemas): unknown {
  if (!isRecord(holder)) return holder;
  const { schema, content, ...rest } = holder;
  const inJson = (type: string): string | null => (type === "application/json" ? name : null);
  return {
    ...rest,
    ...(schema === undefined ? {} : { schema: named.take(schema, null) }),
    ...(isRecord(content)
      ? {
          content: mapValues(content, (media, type) =>
            isRecord(media) ? { ...media, schema: named.take(media["schema"], inJson(type)) } : media,
          ),
        }
      : {}),
  };
}

class NamedSchemas {
  readonly all: Record<string, unknown>;

  constructor(given: Readonly<Record<string, unknown>>) {
    this.all = { ...given };
  }

  /** Replaces named schemas by references, inside the schema and for itself, under its title or else `name`. */
  take(schema: unknown, name: string | null): unknown {
    if (Array.isArray(schema)) return schema.map((one: unknown) => this.take(one, null));
    if (!isRecord(schema)) return schema;
    const { title, ...rest } = mapValues(schema, (value, key) =>
      values.has(key) ? value : this.take(value, null),
    );
    const isNamed = typeof title === "string" && componentName.test(title);
    const known = isNamed ? title : name;
    const whole = isNamed || title === undefined ? rest : { ...rest, title };
    if (known === null || "$ref" in whole || Object.keys(whole).length === 0) return whole;
    if (known in this.all && !Bun.deepEquals(this.all[known], whole))
      throw new Error(`two schemas of the OpenAPI document are named ${known}`);
    this.all[known] = whole;
    return { $ref: `#/components/schemas/${known}` };
  }
}
