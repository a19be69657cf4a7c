// Before the first paint: the reader's own theme and language, so that nothing flashes.
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("inflow.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    const lang = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("inflow.lang");
    if (lang === "zh" || lang === "en") root.lang = lang;
  } catch {
    // Storage may be forbidden; the defaults stand.
  }
})();
