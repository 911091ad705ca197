/** Marks that replace understood text. No input can contain them: private-use characters are unreadable (`findUnreadable`). */
export const marks = {
  name: "\ue001",
  figure: "\ue002",
  code: "\ue003",
  shipping: "\ue004",
  total: "\ue005",
  plain: "\ue006",
  discount: "\ue008",
  count: "\ue007",
} as const;
