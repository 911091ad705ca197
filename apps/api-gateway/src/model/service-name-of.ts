const unusual = /[^0-9a-z-]/;

/**
 * The header that services take one of this name for: CGI, WSGI and their heirs read `x_user_id` as `x-user-id`, and lighttpd
 * `x.user.id` and `x~user|id` too.
 *
 * @param name in lower case.
 */
export function serviceNameOf(name: string): string {
  return unusual.test(name) ? name.replaceAll(/[^0-9a-z]/g, "-") : name;
}
