// Words of the page. Both files carry the same keys; a test holds them to it.

export const LANGUAGES = ["zh", "en"];
let words = {};
let language = "en";

export const lang = () => language;

export async function choose(next) {
  const answer = await fetch(`/assets/${next}.json`);
  words = await answer.json();
  language = next;
  document.documentElement.lang = next;
  document.title = words.title;
  for (const node of document.querySelectorAll("[data-i18n]")) node.textContent = t(node.dataset.i18n);
  for (const node of document.querySelectorAll("[data-i18n-label]")) {
    node.setAttribute("aria-label", t(node.dataset.i18nLabel));
    if (node.tagName === "BUTTON") node.title = t(node.dataset.i18nLabel);
  }
}

/** The text of a key with `{name}` filled in. A missing key shows itself. */
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** The word for a key that data brought (a status, an error kind), or the data's own word. */
export const known = (prefix, word) => words[`${prefix}_${word}`] ?? word;

/** The reader's side of a `{zh, en}` pair. */
export const pick = (pair) => (pair && typeof pair === "object" ? (pair[language] || pair.en || pair.zh || "") : (pair ?? ""));
