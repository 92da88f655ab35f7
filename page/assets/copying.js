// Copying a quote with its citation.
async function copy(button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch { // no clipboard without a secure context: other hosts than this one over http
    const field = document.createElement("textarea");
    field.value = button.dataset.copy;
    field.className = "cw-sr";
    element.append(field);
    field.select();
    done = document.execCommand("copy");
    field.remove();
    button.focus();
  }
  const said = done ? "Copied" : "Not copied";
  part("said").textContent = said;
  button.textContent = said;
  setTimeout(() => { button.textContent = "Copy"; part("said").textContent = ""; }, 1800);
}

actions.copy = copy;
