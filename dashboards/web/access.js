// Who reads, and what that may see. What a role may not see is taken out of the page before anything is asked for.
import { at, h } from "./dom.js";
import { t } from "./i18n.js";

/** Removes each `data-needs` element of which a part or metric is not open, and shows the way out of a session. */
export async function access() {
  const answer = await fetch("/api/v1/me", { headers: { accept: "application/json" } }).catch(() => null);
  if (answer?.status === 401) {
    location.replace(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
    return new Promise(() => {});
  }
  // Without an answer every report will say so itself.
  if (!answer?.ok) return;
  const me = await answer.json();
  const open = new Set([...me.parts, ...me.metrics]);
  for (const node of document.querySelectorAll("[data-needs]")) {
    if (!node.dataset.needs.split(" ").every((need) => open.has(need))) node.remove();
  }
  if (me.signed_in) signOut(me);
}

function signOut(me) {
  const button = h("button", { type: "button", class: "link", id: "sign-out", "data-i18n": "sign_out" }, t("sign_out"));
  button.addEventListener("click", async () => {
    await fetch("/logout", { method: "POST" });
    location.replace("/login");
  });
  document.querySelector(".prefs").append(h("span", { class: "who" }, me.name, " "), button);
}

/** Whether a section is on the page for this reader. */
export const shown = (id) => at(id) !== null;
