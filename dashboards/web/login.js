// Signing in: the token goes to the server once, and stays nowhere here.
import { at } from "./dom.js";
import { LANGUAGES, choose, t } from "./i18n.js";
import { languageMarks, preferences } from "./prefs.js";

/** Where the reader came from: an address of this page and of no other. */
function target() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  const address = new URL(next, location.origin);
  return next.startsWith("/") && address.origin === location.origin && address.pathname !== "/login" ? address.href : "/";
}

async function signIn(event) {
  event.preventDefault();
  at("refused").hidden = true;
  at("go").disabled = true;
  try {
    const answer = await fetch("/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: at("token").value.trim() }),
    });
    if (answer.ok) {
      location.replace(target());
      return;
    }
    refuse(answer.status === 401 ? t("token_refused") : t("sign_in_failed", { status: answer.status }));
  } catch {
    refuse(t("unreachable"));
  } finally {
    at("go").disabled = false;
  }
}

function refuse(sentence) {
  at("refused").textContent = sentence;
  at("refused").hidden = false;
  at("token").select();
}

async function start() {
  at("sign-in").addEventListener("submit", signIn);
  preferences(() => {});
  const { lang } = document.documentElement;
  await choose(LANGUAGES.includes(lang) ? lang : "en");
  languageMarks();
  // A link from elsewhere comes without the cookie; asked from here, who is signed in already goes on.
  const me = await fetch("/api/v1/me").catch(() => null);
  if (me?.ok) location.replace(target());
  else at("token").focus();
}

start();
