// Saved views: one's own and those of everybody here, kept by the service; with what they hold now.
import { $, $$, ask, listed, paced, part, tenant } from "./console-what.js";
import { asked, doing } from "./console-do.js";

const PACE_MS = 5000;
const box = () => $("[data-saved]");
const soon = paced(show, PACE_MS);

/** The saved views as they are now. In the rail they wait while somebody is in them. */
export async function show() {
  const told = await part(`/console/views?${listed()}`), old = box();
  if (told && old && !old.contains(document.activeElement)) old.replaceWith(document.importNode($("[data-saved]", told), true));
  return told;
}

const named = (path, name) => $$(`[data-shelf="${path}"] [data-view]`, box()).find((one) => $(".cut", one).textContent === name)?.dataset.view;

/** Save a list under a name; what has the name is what is changed. */
export const save = (path, name, query) => ask("PUT", `/views/${path}${named(path, name) ?? crypto.randomUUID()}`, { name, query });

doing["save-view"] = async () => {
  const dialog = $("#d-view"), field = $("#v-name");
  field.value = $("#list h1").textContent;
  const saved = asked(dialog, ({ name, shared }) => save(shared ? "shared/" : "", name.trim(), listed().toString()));
  field.select();
  if (await saved) await show();
};
doing.arrange = () => import("./console-arrange.js").then(({ arrange }) => arrange());
doing.columns = () => {
  const chosen = $$("[data-columns] :checked").map((one) => one.value).join(".");
  document.cookie = `sokak_columns=${chosen}; path=/console; max-age=31536000; samesite=lax`;
  location.reload();
};

if (localStorage.getItem(`console views ${tenant}`) || localStorage.getItem("console keys off")) import("./console-arrange.js").then(({ takeOver }) => takeOver());
if ($("[data-view]:not(:has(.count))", box() ?? undefined)) soon();
document.body.addEventListener("changed", () => { if ($("[data-view]")) soon(); });
