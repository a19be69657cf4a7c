// On paper: light whatever the screen shows, every drawing redrawn in those colours and put back afterwards.
const root = document.documentElement;

/** `redraw` runs before and after. */
export function prepare(redraw) {
  let theme = null;
  window.addEventListener("beforeprint", () => {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    if (theme !== "light") redraw();
  });
  window.addEventListener("afterprint", () => {
    if (theme === null) return;
    root.dataset.theme = theme;
    if (theme !== "light") redraw();
    theme = null;
  });
}
