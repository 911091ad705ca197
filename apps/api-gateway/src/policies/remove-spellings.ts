import type { HeaderList } from "../model/http/header-list.ts";
import { serviceNameOf } from "../model/http/service-name-of.ts";

/**
 * Removes every header that services would take for one of these (`x_shop` for `x-shop`): they would read the client's value beside it.
 *
 * @param read names as services read them: see `serviceNameOf`. @param kept a name that stays.
 */
export function removeSpellings(headers: HeaderList, read: ReadonlySet<string>, kept?: string): void {
  for (const spelled of headers.names()) {
    const name = spelled.toLowerCase();
    if (name !== kept && read.has(serviceNameOf(name))) headers.delete(name);
  }
}
