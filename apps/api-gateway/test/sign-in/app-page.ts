/** An app's page that signs in as a public client does: with a verifier of its own, by script, without a secret. */
export function appPage(settings: {
  readonly gateway: string;
  /** Whether it asks for cookies; else it keeps the tokens of the body in memory. */
  readonly cookies: boolean;
}): string {
  return `<!doctype html><meta charset="utf-8"><title>Shop</title>
<button id="sign-in">Sign in</button> <output></output>
<script type="module">
const { gateway, cookies } = ${JSON.stringify(settings)};
const say = (text) => { document.querySelector("output").textContent = text; };
const encode = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const random = () => encode(crypto.getRandomValues(new Uint8Array(32)));
const redirectUri = location.origin + location.pathname;
const post = (path, body) => fetch(gateway + path, {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
});

document.querySelector("#sign-in").addEventListener("click", async () => {
  const verifier = random();
  const state = random();
  sessionStorage.setItem("flow", JSON.stringify({ verifier, state }));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const query = new URLSearchParams({
    redirect_uri: redirectUri, state, code_challenge: encode(new Uint8Array(digest)), code_challenge_method: "S256",
  });
  location.assign(gateway + "/auth/oauth/peer/start?" + query);
});

const answer = new URLSearchParams(location.search);
if (answer.has("code")) {
  const { verifier, state } = JSON.parse(sessionStorage.getItem("flow") ?? "{}");
  history.replaceState(null, "", location.pathname);
  if (answer.get("state") !== state) say("not mine");
  else {
    const response = await post("/auth/oauth/token", { code: answer.get("code"), codeVerifier: verifier, ...(cookies ? { cookies } : {}) });
    const grant = await response.json();
    window.grant = grant;
    say(response.ok ? "signed in as " + grant.user.email : grant.error.code);
  }
} else if (answer.has("error")) say(answer.get("error"));
</script>`;
}
