// Rows of a form: another one without saving first. A row is `t3`, a question `q1`, its answer `q1o2`.
const NAMED = ["id", "name", "for", "aria-describedby", "data-row"];

export function rows(box) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn another";
  button.textContent = box.dataset.more;
  button.addEventListener("click", () => {
    const made = another([...box.querySelectorAll(":scope > [data-row]")].at(-1));
    button.before(made);
    made.querySelectorAll("[data-rows]").forEach(rows);
    made.querySelector("input:not([type=hidden])").focus();
  });
  box.append(button);
}

/** An empty row after the last one, with the next number wherever that stood. */
function another(last) {
  const copy = last.cloneNode(true);
  const [, stem, number] = last.dataset.row.match(/^(.*?)(\d+)$/);
  const own = new RegExp(`^${stem}${number}(?!\\d)`);
  const next = Number(number) + 1;
  for (const part of [copy, ...copy.querySelectorAll("*")]) {
    for (const name of NAMED) {
      if (part.hasAttribute(name)) part.setAttribute(name, part.getAttribute(name).replace(own, stem + next));
    }
  }
  copy.querySelectorAll(".error, .another").forEach((part) => part.remove());
  copy.querySelectorAll(".bad").forEach((part) => part.classList.remove("bad"));
  copy.querySelectorAll("input").forEach((input) => (input.type === "checkbox" ? (input.checked = false) : (input.value = "")));
  copy.querySelectorAll("select").forEach((select) => { select.selectedIndex = 0; });
  const label = copy.querySelector("legend, label").firstChild;
  label.textContent = label.textContent.replace(next, next + 1);
  return copy;
}
