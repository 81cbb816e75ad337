// What is kept on the device: the draft of a report, its photos, reports that wait to be sent.
const DRAFT = "sokak.draft";

export const fresh = () => ({ key: crypto.randomUUID(), answers: {}, type: "complaint" });

/** The draft, or a fresh one. Its `key` is made with it, so that it is handed in once at most. */
export function load() {
  try {
    return { ...fresh(), ...JSON.parse(localStorage.getItem(DRAFT) ?? "{}") };
  } catch {
    return fresh();
  }
}

/** Keep the draft. False where the device keeps nothing. */
export function save(draft) {
  try {
    localStorage.setItem(DRAFT, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

/** A fresh draft of these words, without the place and photos of another; or the same one again. */
export function beginAnew(text) {
  const draft = load();
  if (draft.text?.trim() === text) return draft;
  clear("photos").catch(() => {});
  return { ...fresh(), text };
}

export const drop = () => localStorage.removeItem(DRAFT);

// ---- IndexedDB: photos of the draft, reports that wait; and the list that `mine.js` keeps
// A new store is in a base of its own: an older base would wait for every tab that has it open.
const BASES = {
  sokak: { photos: { keyPath: "id", autoIncrement: true }, waiting: { keyPath: "key" } },
  "sokak-mine": { mine: { keyPath: "key" } },
};
const opened = {};
function base(name) {
  opened[name] ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(name, 1);
    asked.onupgradeneeded = () => {
      for (const [store, how] of Object.entries(BASES[name])) asked.result.createObjectStore(store, how);
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened[name];
}

async function on(store, mode, work) {
  const name = Object.keys(BASES).find((one) => store in BASES[one]);
  const transaction = (await base(name)).transaction(store, mode);
  return new Promise((resolve, reject) => {
    const asked = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(asked?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export const all = (store) => on(store, "readonly", (one) => one.getAll());
export const put = (store, value) => on(store, "readwrite", (one) => one.put(value));
export const remove = (store, key) => on(store, "readwrite", (one) => one.delete(key));
export const clear = (store) => on(store, "readwrite", (one) => one.clear());
