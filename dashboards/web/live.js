// New data without a reload: the page asks for a stamp now and then, and for figures only when the stamp has changed.
import * as api from "./api.js";

const EVERY = 30_000;

/** Calls `changed` when figures may have changed, `lost(true|false)` when the server stops or starts to answer. */
export function watch(changed, lost) {
  let seen = null;
  let asking = false;
  const ask = async () => {
    if (asking || document.hidden) return;
    asking = true;
    try {
      const { stamp, today, analysing } = await api.stamp();
      lost(false);
      const now = `${stamp} ${today}`;
      // While an analysis runs, half of the figures may be new: what is shown stays until it has ended.
      if (analysing) return;
      const first = seen === null;
      const same = seen === now;
      seen = now;
      if (!first && !same) await changed();
    } catch (error) {
      if (error.status === 0) lost(true);
    } finally {
      asking = false;
    }
  };
  setInterval(ask, EVERY);
  // Who comes back to the page sees what is so now.
  window.addEventListener("focus", ask);
  document.addEventListener("visibilitychange", ask);
  ask();
}
