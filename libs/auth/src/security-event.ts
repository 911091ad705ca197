/** What an operator wants to know of attempts to get in. Never carries a credential, only who, whence and why. */
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
