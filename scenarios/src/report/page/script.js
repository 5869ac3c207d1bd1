// The page reads well without this script: it only hides cases, copies commands and opens what a link points to.
"use strict";
{
  const cases = [...document.querySelectorAll(".case")];
  const groups = [...document.querySelectorAll(".family")].map((element) => ({ element, wasOpen: false }));
  const sections = [...document.querySelectorAll("section.cases")];
  const filter = document.getElementById("filter");
  const texts = new Map();

  // What is searched of a case: its heading and its checks, not its calls.
  const textOf = (element) => {
    if (!texts.has(element)) {
      const parts = [element.querySelector("summary"), ...element.querySelectorAll(".checks tbody")];
      texts.set(element, parts.map((part) => part.textContent).join(" ").toLowerCase());
    }
    return texts.get(element);
  };

  const hasShown = (element) => element.querySelector(".case:not([hidden])") !== null;

  let wasActive = false;
  const apply = () => {
    const field = (name) => filter.elements.namedItem(name).value;
    const words = field("text").toLowerCase().split(/\s+/).filter(Boolean);
    const keys = ["verdict", "family", "level"].filter((key) => field(key) !== "");
    const isActive = words.length > 0 || keys.length > 0;
    let shown = 0;
    for (const element of cases) {
      const fits = keys.every((key) => element.dataset[key] === field(key)) && words.every((word) => textOf(element).includes(word));
      element.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const group of groups) {
      group.element.hidden = !hasShown(group.element);
      if (isActive && !wasActive) group.wasOpen = group.element.open;
      if (isActive) group.element.open = true;
      else if (wasActive) group.element.open = group.wasOpen;
    }
    for (const section of sections) section.hidden = !hasShown(section);
    wasActive = isActive;
    filter.elements.namedItem("shown").value = `${shown} of ${cases.length} cases`;
  };

  if (filter) {
    filter.hidden = false;
    filter.addEventListener("input", apply);
    filter.addEventListener("submit", (event) => event.preventDefault());
    // The fields have their first values again only after this event.
    filter.addEventListener("reset", () => setTimeout(apply));
    apply();
  }

  const copy = async (button) => {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      // Where the clipboard is closed to pages, the reader copies what is selected.
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };
  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }

  const openTarget = () => {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch { /* It stands there as it is. */ }
    const target = document.getElementById(id);
    if (!target) return;
    if (target.closest("[hidden]") && filter) { filter.reset(); }
    for (let element = target; element; element = element.parentElement) {
      if (element.tagName === "DETAILS") element.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", openTarget);
  if (location.hash) openTarget();

  // Paper cannot be unfolded: what did not pass is printed in full.
  addEventListener("beforeprint", () => {
    for (const element of document.querySelectorAll(".case:not(.pass, .unsupported), .case:not(.pass, .unsupported) details")) element.open = true;
  });
}
