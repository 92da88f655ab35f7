// Copying a quote with its citation, or a link.
async function copy(button, text = button.dataset.copy) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no clipboard without a secure context: other hosts than this one over http
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "cw-sr";
    element.append(field);
    field.select();
    done = document.execCommand("copy");
    field.remove();
    button.focus();
  }
  const label = button.dataset.label ??= button.textContent;
  const said = done ? "Copied" : "Not copied";
  say(said);
  button.textContent = said;
  setTimeout(() => { button.textContent = label; }, 1800);
}

actions.copy = (button) => copy(button);
