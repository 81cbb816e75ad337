// The box over the queue. A telephone number goes into no address, as those are kept and passed on:
// intake says whose tasks they are, and the list is of these.
import { call } from "./shell.js";
import { $, fill, problemWords, tenant, texts, toast, works } from "./console-what.js";

const WRITTEN = /^\+?[\d ()./-]+$/, FEWEST = 10, MOST = 15;
const form = $("#find");

function isTelephone(words) {
  const digits = words.replace(/\D/g, "").length;
  return WRITTEN.test(words) && digits >= FEWEST && digits <= MOST;
}

async function find(phone) {
  if (!works) return toast(texts.noTelephone, true);
  try {
    const found = await call("POST", `/api/requests/by-phone?${new URLSearchParams({ tenant })}`, { phone });
    if (!found.length) return toast(texts.noCaller);
    const query = new URLSearchParams(new FormData(form));
    query.delete("q");
    for (const { id } of found) query.append("caller", id);
    location.href = `/console?${query}`;
  } catch (fault) {
    toast(fill(texts.failed, { why: problemWords(fault) }), true);
  }
}

form?.addEventListener("submit", (event) => {
  const words = $("#q").value.trim();
  if (!isTelephone(words)) return;
  event.preventDefault();
  find(words);
});
