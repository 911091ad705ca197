/** Authentication events for operators. They name who, from where and why, and never contain a credential. */
export type SecurityEvent =
  | { readonly kind: "login_failed"; readonly account: string; readonly address: string }
  | { readonly kind: "login_throttled"; readonly account: string; readonly address: string }
  | { readonly kind: "sign_in_refused"; readonly reason: string; readonly address: string }
  | { readonly kind: "refresh_rejected"; readonly reason: string; readonly address: string }
  | {
      readonly kind: "refresh_reused";
      readonly sessionId: string;
      readonly userId: string;
      readonly address: string;
    };

export type ReportSecurityEvent = (event: SecurityEvent) => void;
