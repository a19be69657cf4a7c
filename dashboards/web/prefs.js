// What a reader prefers on every page: language and theme, remembered where the browser allows it.
import { choose, lang } from "./i18n.js";

const root = document.documentElement;

function remember(key, value) {
  try {
    localStorage.setItem(`inflow.${key}`, value);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

/** Which language is chosen, on its buttons. */
export function languageMarks() {
  for (const button of document.querySelectorAll("[data-lang]")) button.setAttribute("aria-pressed", String(button.dataset.lang === lang()));
}

/** Wires the buttons; `redraw` runs after each choice. */
export function preferences(redraw) {
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.addEventListener("click", async () => {
      await choose(button.dataset.lang);
      remember("lang", button.dataset.lang);
      languageMarks();
      redraw();
    });
  }
  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme === "dark" || (root.dataset.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "light" : "dark";
    remember("theme", root.dataset.theme);
    redraw();
  });
}
