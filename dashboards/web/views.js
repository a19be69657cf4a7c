// Cards that are neither a plain table nor a picture: headline figures, the channel table, connections and words without a meaning.
import { nothing } from "./card.js";
import { cards, summary } from "./connections.js";
import { at, fill, h } from "./dom.js";
import { known, pick, t } from "./i18n.js";
import * as model from "./model.js";
import { channelTable } from "./table.js";
import { channelTiles, costTiles } from "./tiles.js";

const all = (metric, over) => ({ metric, by: [], over });
const byChannel = (metric) => ({ metric, by: ["channel"] });

export const headline = {
  id: "headline",
  tiles: true,
  alone: true,
  reports: { volume: all("volume"), conversion: all("conversion"), spend: all("spend"), perResume: all("cost_per_resume"), wasVolume: all("volume", "before"), wasSpend: all("spend", "before"), wasPerResume: all("cost_per_resume", "before") },
  draw: (card, reports, context) => fill(at(card.id), channelTiles(reports, context)),
};

export const spendTiles = {
  id: "spend_headline",
  tiles: true,
  alone: true,
  reports: {
    spend: all("spend"),
    cost_per_contact: all("cost_per_contact"),
    cost_per_resume: all("cost_per_resume"),
    cost_per_attended: all("cost_per_attended"),
    cost_per_onboarded: all("cost_per_onboarded"),
    wasSpend: all("spend", "before"),
    wasPerResume: all("cost_per_resume", "before"),
  },
  draw: (card, reports, context) => fill(at(card.id), costTiles(reports, context)),
};

export const channelsCard = {
  id: "channels",
  metric: "conversion",
  wide: true,
  reports: { main: byChannel("conversion"), volume: byChannel("volume"), spend: byChannel("spend"), perResume: byChannel("cost_per_resume"), perOnboarded: byChannel("cost_per_onboarded") },
  // What a channel brought is shown although what it cost cannot be read.
  needs: ["main", "volume"],
  draw: (card, reports, context) => {
    const rows = model.channelRows({ overview: context.overview, conversion: reports.main, ...reports }, context.gaps);
    const shown = context.chosen.channel ? rows.filter((row) => row.id === context.chosen.channel) : rows;
    const feeds = new Map();
    for (const each of context.connections) for (const id of each.channels) feeds.set(id, [...(feeds.get(id) ?? []), each]);
    const missing = ["spend", "perResume", "perOnboarded"].map((key) => reports[key]?.failure).find(Boolean);
    fill(at(card.id), missing ? h("p", { class: "failed" }, context.failureWords(missing)) : null, channelTable(shown, { ...context, feeds }));
  },
};

export const connectionsCard = {
  id: "connections",
  wide: true,
  bare: true,
  reports: {},
  draw: (card, reports, { connections, zone, channels }) => {
    at(`${card.id}-aside`).textContent = summary(connections);
    fill(at(card.id), connections.length === 0 ? nothing({ empty: { says: "connections", command: "inflow init\ninflow validate" } }) : h("ul", { class: "connections" }, cards(connections, { zone, names: channels })));
  },
};

/** Words that connections delivered and that mean no channel or stage yet, each with the line that maps it. */
export const wordsCard = {
  id: "words",
  bare: true,
  reports: {},
  draw: (card, reports, { connections }) => {
    const found = connections.flatMap((each) => (each.unmapped ?? []).map((word) => ({ ...word, connection: each.name })));
    if (found.length === 0) return fill(at(card.id), nothing({ empty: { says: "words" } }));
    return fill(
      at(card.id),
      h(
        "ul",
        { class: "words" },
        found.map((word) => h("li", {}, h("b", {}, `${word.connection}: ${word.word}`), h("span", {}, t("word_records", { count: word.records, of: known("meaning", word.of) })), word.line ? h("code", {}, word.section ? `[${word.section}]\n${word.line}` : word.line) : null)),
      ),
    );
  },
};

/** The name of each channel in the reader's language. */
export const channelNames = (overview) => new Map(overview.channels.map((channel) => [channel.id, pick(channel.name) || channel.id]));
