// All services on one screen: each is asked under its own path, again and again while it is seen.

const EVERY_MS = 5000, WAIT_MS = 4000;
const list = document.getElementById("services");
const number = new Intl.NumberFormat(document.documentElement.lang === "tr" ? "tr-TR" : "en-GB", { maximumFractionDigits: 1 });

async function stateOf(service) {
  try {
    const answer = await fetch(`/ops/${service}/state`, { signal: AbortSignal.timeout(WAIT_MS), headers: { accept: "application/json" } });
    return answer.ok ? await answer.json() : { verdict: "away" };
  } catch {
    return { verdict: "away" };
  }
}

/** `40 s`, `3 min`, `5 h`, `4 days`: as the server writes it. */
function age(seconds, texts) {
  const whole = Math.round(seconds), told = (unit, size) => texts[unit].replace("{n}", number.format(Math.floor(whole / size)));
  return whole < 60 ? told("s", 1) : whole < 3600 ? told("min", 60) : whole < 172800 ? told("h", 3600) : told("d", 86400);
}

function show(card, state, texts) {
  const put = (name, words) => { card.querySelector(`[data-of="${name}"]`).textContent = words; };
  card.dataset.verdict = state.verdict;
  card.removeAttribute("aria-busy");
  for (const word of card.querySelectorAll("[data-is]")) word.hidden = word.dataset.is !== state.verdict;
  const away = state.verdict === "away";
  for (const name of ["lag", "outbox", "dead"]) {
    put(name, away ? "–" : number.format(state[name]));
    const seconds = state[`${name}_seconds`];
    put(`${name}_seconds`, state[name] && seconds ? texts.oldest.replace("{age}", age(seconds, texts)) : "");
  }
  put("relay", away ? "" : texts[state.relay]);
  const waiting = card.querySelector('[data-of="waiting"]');
  waiting.textContent = (state.waiting ?? []).join(", ");
  waiting.hidden = !waiting.textContent;
}

async function ask() {
  if (document.hidden) return;
  const texts = JSON.parse(list.dataset.texts);
  const cards = [...list.querySelectorAll("[data-service]")];
  const states = await Promise.all(cards.map(async (card) => {
    const state = await stateOf(card.dataset.service);
    show(card, state, texts);
    return state.verdict;
  }));
  const bad = cards.filter((_, place) => states[place] !== "well").map((card) => card.dataset.service);
  const words = bad.length ? texts.trouble.replace("{names}", bad.join(", ")) : texts.wells;
  const summary = document.getElementById("ops-summary");
  if (summary.textContent !== words) summary.textContent = words;
}

if (list) {
  ask();
  setInterval(ask, EVERY_MS);
  document.addEventListener("visibilitychange", ask);
}
