import { type CartwayError, messageOf, type RenderedError, renderErrorParts } from "@libs/errors";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { readWholeFile } from "../read-whole-file.ts";
import { compilePage, type PageValues, placeholdersExpected, unknownPlaceholders } from "./page-template.ts";
import { prefersHtml } from "./prefers-html.ts";
import { type ErrorPagesConfig, pageBytesMax } from "./schema.ts";

/** The parsed pages of one config: requests read no file. */
export class ErrorPages {
  readonly serviceErrors: boolean;
  /** Of which statuses there are pages, as the config names them. */
  readonly statuses: readonly string[];
  readonly #pages: ReadonlyMap<string, (values: PageValues) => string>;

  /** @throws Error where a file cannot be read. */
  constructor({ html, serviceErrors }: ErrorPagesConfig) {
    this.serviceErrors = serviceErrors;
    this.statuses = Object.keys(html);
    this.#pages = new Map(Object.entries(html).map(([status, page]) => [status, compilePage(textOf(page))]));
  }

  /** Whether answers of this status depend on the caller's Accept header. */
  has(status: number): boolean {
    return this.#find(status) !== undefined;
  }

  /** `null` where the caller gets the envelope. */
  page(values: PageValues, accept: string | null): string | null {
    const page = this.#find(values.status);
    return page === undefined || !prefersHtml(accept) ? null : page(values);
  }

  /** An error that no route has, as an answer. */
  render(error: CartwayError, requestId: string, accept: string | null): RenderedError {
    const parts = renderErrorParts(error, requestId);
    if (!this.has(parts.status)) return parts;
    const { code, message } = error;
    const page = this.page({ status: parts.status, code, message, requestId }, accept);
    const headers = { ...parts.headers, vary: "Accept" };
    if (page === null) return { ...parts, headers };
    return { ...parts, headers: { ...headers, "content-type": htmlType }, body: page };
  }

  #find(status: number): ((values: PageValues) => string) | undefined {
    const pages = this.#pages;
    return pages.get(`${status}`) ?? pages.get(`${Math.floor(status / 100)}xx`) ?? pages.get("any");
  }
}

export const htmlType = "text/html; charset=utf-8";

type Page = ErrorPagesConfig["html"][string];

function textOf({ file, text }: Page): string {
  return file === undefined ? (text ?? "") : readWholeFile(file, pageBytesMax);
}

/** Paths are relative to the config of the pages. */
export function checkErrorPages(
  { html }: ErrorPagesConfig,
  { readsFiles }: { readonly readsFiles: boolean },
): readonly ConfigIssue[] {
  return Object.entries(html).flatMap(([status, page]): readonly ConfigIssue[] => {
    const path = `/html/${status}`;
    if ((page.file === undefined) === (page.text === undefined))
      return [{ path, message: "there must be exactly one page", expected: "either a file or a string" }];
    if (page.file !== undefined && !readsFiles) return [];
    try {
      const unknown = unknownPlaceholders(textOf(page));
      return unknown.map((name) => ({
        path,
        message: `an error has no ${name || "value without a name"}`,
        expected: placeholdersExpected,
      }));
    } catch (thrown) {
      return [{ path, message: messageOf(thrown) }];
    }
  });
}
