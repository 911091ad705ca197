/**
 * Explains a probability to shop owners and developers. Several features describe one theme from different
 * sides: their effects add up to that of the theme. `leaves` is used where the theme makes leaving without a purchase likelier,
 * `buys` where it makes it less likely.
 */
export const reasonThemes = {
  buyingPages: {
    leaves: "Has not been on the pages that lead to purchases",
    buys: "Has been on pages that often lead to purchases",
  },
  exits: {
    leaves: "Many visits end on the pages seen",
    buys: "Few visits end on the pages seen",
  },
  products: {
    leaves: "Looks at products the way people do who only browse",
    buys: "Looks at products the way people do who buy",
  },
  visit: {
    leaves: "Visits of this length mostly end without a purchase",
    buys: "Visits of this length end in a purchase more often",
  },
  account: {
    leaves: "Uses account and checkout pages the way people do who leave",
    buys: "Uses account and checkout pages the way people do who buy",
  },
  information: {
    leaves: "Reads about the shop the way people do who leave",
    buys: "Reads about the shop the way people do who buy",
  },
  season: {
    leaves: "People buy less at this time of the year",
    buys: "People buy more at this time of the year",
  },
  weekday: {
    leaves: "People buy less on a day like this",
    buys: "People buy more on a day like this",
  },
  shopper: {
    leaves: "Shoppers who have been here this often buy less",
    buys: "Shoppers who have been here this often buy more",
  },
  source: {
    leaves: "Few who come from the same place buy",
    buys: "Many who come from the same place buy",
  },
  region: {
    leaves: "People in this region buy less",
    buys: "People in this region buy more",
  },
  device: {
    leaves: "People on this kind of device buy less",
    buys: "People on this kind of device buy more",
  },
  idle: {
    leaves: "Nothing has happened for a while",
    buys: "Something has happened just now",
  },
  purchase: {
    leaves: "Has not bought yet",
    buys: "Has bought",
  },
} as const satisfies Record<string, { readonly leaves: string; readonly buys: string }>;

export type ReasonTheme = keyof typeof reasonThemes;

/** A reason in words. @param effect points of probability: positive makes leaving likelier. */
export function wordsOf(theme: ReasonTheme, effect: number): string {
  return reasonThemes[theme][effect > 0 ? "leaves" : "buys"];
}
