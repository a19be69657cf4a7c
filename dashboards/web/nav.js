// The way between the subjects, the same on every page. A subject of which a reader may see nothing is not on it.
import { fill, h } from "./dom.js";
import { t } from "./i18n.js";

export const SUBJECTS = ["channels", "funnel", "spend", "heat", "hires", "interviews", "connections", "advice"];

/** Links to the subjects of `offered`; `address(subject)` says where each is, `go` (if given) takes the reader there without a new page. */
export function subjects(node, offered, current, address, go = null) {
  const link = (subject) =>
    h(
      "a",
      {
        href: address(subject),
        "aria-current": subject === current ? "page" : null,
        onclick: go
          ? (event) => {
              // A new tab or window is the browser's affair.
              if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
              event.preventDefault();
              go(subject);
            }
          : null,
      },
      t(`subject_${subject}`),
    );
  const had = document.activeElement?.closest("#subjects a")?.textContent;
  fill(node, offered.map(link));
  if (had) [...node.children].find((each) => each.textContent === had)?.focus();
}
