const unusual = /[^0-9a-z-]/;

/**
 * The header that services would take this name for: CGI, WSGI and similar interfaces read `x_user_id` as `x-user-id`, and lighttpd also
 * `x.user.id` and `x~user|id`.
 *
 * @param name in lower case.
 */
export function serviceNameOf(name: string): string {
  return unusual.test(name) ? name.replaceAll(/[^0-9a-z]/g, "-") : name;
}
