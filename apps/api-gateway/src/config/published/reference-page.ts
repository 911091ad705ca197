import type { TSchema } from "@sinclair/typebox";
import { phases } from "../../model/exchange/phases.ts";
import { policies } from "../../policies/registry.ts";
import { describe, isSecret } from "../describe-schema.ts";
import { GatewayConfigSchema } from "../schema.ts";
import { variantsOf } from "../typed-union.ts";

interface Row {
  readonly name: string;
  readonly expected: string;
  /** `null` where the field has none. */
  readonly fallback: string | null;
  readonly isRequired: boolean;
  readonly description: string;
}

/** An entry type of a registry, which has a section of its own. */
interface Kind {
  readonly place: string;
  readonly schema: TSchema;
}

const opening = `# The gateway's config

Every field, made from the schema that checks it (\`bun run config-schema\`); do not edit. Editors complete and check a file that
begins with \`# yaml-language-server: $schema=…/gateway.schema.json\`, and an overlay with \`gateway.overlay.schema.json\`.
\`bun run check-config FILE\` tells everything that is wrong with a file at once. \`[]\` stands for each entry of a list, \`NAME\` for a
name of your own. Fields without a default and without "required" may be left out. Files, environments and reloads: [running.md](running.md).
`;

/** The reference of every field, in Markdown. */
export function configReferencePage(): string {
  const parts = [opening];
  for (const [name, schema] of propertiesOf(GatewayConfigSchema)) {
    if (name === "$schema" || name === "version") continue;
    const kinds: Kind[] = [];
    const rows = rowsOf(schema, placeOf(schema, ""), kinds);
    parts.push(`## ${name}\n\n${schema.description ?? ""}\n`, ...(rows.length === 0 ? [] : [tableOf(rows)]));
    if (name === "routes") parts.push(phasesText());
    for (const kind of kinds) parts.push(...kindSections(name, kind));
  }
  return parts.join("\n");
}

function phasesText(): string {
  const lines = phases.map(({ name, reason }, index) => `${index + 1}. \`${name}\`: ${reason}`);
  const text = "Policies run in the order of their phases, within one phase in the order of the config:";
  return [text, "", ...lines, ""].join("\n");
}

function kindSections(section: string, { place, schema }: Kind): string[] {
  return variantsOf(schema).flatMap((variant) => {
    const rows = propertiesOf(variant)
      .filter(([name]) => name !== "type")
      .flatMap((property) => fieldRows(variant, property, { start: "", kinds: [] }));
    const title = `### ${section}${place === "" ? "" : `: ${place}`}: \`type: ${variant.title ?? ""}\``;
    const text = rows.length === 0 ? "It has no fields.\n" : tableOf(rows);
    const phase = policies[variant.title ?? ""]?.phase;
    const order = place.startsWith("policies") && phase !== undefined ? ` Phase \`${phase}\`.` : "";
    return [`${title}\n\n${variant.description ?? ""}${order}\n`, text];
  });
}

/** The rows of all fields below a schema, through lists, named entries and alternatives. */
function rowsOf(schema: TSchema, prefix: string, kinds: Kind[]): Row[] {
  if (schema["discriminator"] !== undefined) {
    kinds.push({ place: prefix.replace(/^(?:NAME|\[\])\.?|\.$/g, ""), schema });
    return [];
  }
  const inner = innerOf(schema);
  if (inner !== null) return rowsOf(inner, placeOf(inner, prefix), kinds);
  const alternatives = (schema["anyOf"] ?? []) as readonly TSchema[];
  if (alternatives.length > 0) {
    const rows = alternatives.flatMap((one) =>
      rowsOf(one, Array.isArray(one["items"]) ? `${prefix}[]` : prefix, kinds),
    );
    return [...new Map(rows.map((row) => [row.name, row])).values()];
  }
  const start = prefix === "" || prefix.endsWith(".") ? prefix : `${prefix}.`;
  return propertiesOf(schema).flatMap((property) => fieldRows(schema, property, { start, kinds }));
}

interface Reached {
  /** The field's path so far, up to its name. */
  readonly start: string;
  /** Collects the kinds of entries that get sections of their own. */
  readonly kinds: Kind[];
}

function fieldRows(owner: TSchema, [name, field]: Property, { start, kinds }: Reached): Row[] {
  const place = `${start}${name}`;
  const isTyped = field["discriminator"] !== undefined || innerOf(field)?.["discriminator"] !== undefined;
  const row: Row = {
    name: place,
    expected: isTyped
      ? `${innerOf(field) === null ? "an entry" : "entries"} with a \`type\``
      : expectedOf(field),
    fallback: field.default === undefined ? null : JSON.stringify(field.default),
    isRequired: field.default === undefined && (owner["required"] ?? []).includes(name),
    description: field.description ?? "",
  };
  return isSecret(field) ? [row] : [row, ...rowsOf(field, placeOf(field, place), kinds)];
}

function expectedOf(field: TSchema): string {
  if (isSecret(field)) return describe(field).replaceAll(/\{[^}]*\}/g, "`$&`");
  const { pattern } = field;
  if (typeof pattern === "string") return `a string that matches \`${pattern}\``;
  return describe(field).replaceAll(/that matches (\^.*?\$(?= or |$)|\S+)/g, "that matches `$1`");
}

/** The schema of a list's items or of named entries. */
function innerOf(schema: TSchema): TSchema | null {
  if (schema["items"] !== undefined) return schema["items"];
  const [values] = Object.values(schema["patternProperties"] ?? {});
  return (values as TSchema | undefined) ?? null;
}

function placeOf(schema: TSchema, prefix: string): string {
  if (schema["items"] !== undefined) return `${prefix}[]`;
  if (schema["patternProperties"] === undefined) return prefix;
  return prefix === "" ? "NAME" : `${prefix}.NAME`;
}

type Property = readonly [name: string, field: TSchema];

function propertiesOf(schema: TSchema): readonly Property[] {
  return Object.entries(schema["properties"] ?? {});
}

function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ name, expected, fallback, isRequired, description }) => {
    const absent = isRequired ? "required" : fallback === null ? "" : `\`${fallback}\``;
    return `| \`${name}\` | ${cell(expected)} | ${cell(absent)} | ${cell(description)} |`;
  });
  return ["| field | value | default | |", "|---|---|---|---|", ...lines, ""].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
