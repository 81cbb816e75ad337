// Which targets of the page are smaller than `need` pixels: a list of lines, one a target.
// Left out, by the exceptions of WCAG 2.5.8: a link in a sentence, whose height is that of the
// line; a pin of a map, whose list beside it leads to the same; and what no pointer can reach,
// as a control that is shown with the focus, or one whose label stands for it. A map’s line of
// credits is as high as the criterion asks for, and no higher: it covers the map.
(need) => {
  const KINDS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=option]";

  const CREDITS = ".leaflet-control-attribution", LEAST = 24;

  const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 1;
  const labels = (one) => [...(one.labels ?? [])].filter(shown);
  const holds = (one, met) => [one, ...labels(one)].some((part) => part.contains(met));

  /** Among the words of a sentence: what stands beside it in its line is more than a mark. */
  function inSentence(one) {
    if (!getComputedStyle(one).display.startsWith("inline") || one.matches("button, .btn, input, select")) return false;
    const words = [...one.parentElement.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    return words.some((node) => /\p{L}{2}/u.test(node.data));
  }

  /** How far the target is met from a point, to the left, the right, up and down. */
  function met(one, x, y, half) {
    const far = (dx, dy) => {
      let steps = 0;
      while (steps < half && holds(one, document.elementFromPoint(x + dx * (steps + 1), y + dy * (steps + 1)))) steps += 1;
      return steps;
    };
    const at = (dx, dy) => holds(one, document.elementFromPoint(x + dx * half, y + dy * half));
    if (at(-1, 0) && at(1, 0) && at(0, -1) && at(0, 1)) return null;
    return [far(-1, 0) + far(1, 0) + 1, far(0, -1) + far(0, 1) + 1];
  }

  function fault(one, half) {
    let best = null;
    for (const part of [one, ...labels(one)]) {
      part.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
      const box = part.getClientRects()[0];
      if (!box) continue;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) continue; // comes into sight with the focus
      const size = met(one, x, y, half);
      if (!size) return null;
      if (!best || Math.min(...size) > Math.min(...best)) best = size;
    }
    return best;
  }

  const name = (one) => `${one.localName}${one.id && `#${one.id}`}${[...one.classList].map((part) => `.${part}`).join("")}`;
  const told = (one) => (one.ariaLabel || one.innerText || one.value || one.name || "").trim().replace(/\s+/g, " ").slice(0, 40);

  function within(root, left) {
    const found = [];
    for (const one of root.querySelectorAll(KINDS)) {
      if (left.has(one) || !shown(one)) continue;
      left.add(one);
      if (one.closest(".leaflet-marker-pane") || inSentence(one)) continue;
      const size = fault(one, (one.closest(CREDITS) ? LEAST : need) / 2 - 1);
      if (size) found.push(`${name(one)} in ${name(one.parentElement)} “${told(one)}” ${size.join(" × ")} px`);
    }
    return found;
  }

  const seen = new Set();
  const found = within(document, seen);
  for (const one of document.querySelectorAll("details:not([open])")) {
    const opened = [];
    for (let around = one; around; around = around.parentElement.closest("details:not([open])")) opened.push(around);
    for (const part of opened) part.open = true;
    if (shown(one)) found.push(...within(one, seen));
    for (const part of opened) part.open = false;
  }
  for (const one of document.querySelectorAll("dialog:not([open])")) {
    one.showModal();
    found.push(...within(one, seen));
    one.close();
  }
  for (const one of document.querySelectorAll("[popover]")) {
    one.showPopover();
    found.push(...within(one, seen));
    one.hidePopover();
  }
  return found;
}
