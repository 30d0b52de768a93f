// What script adds to the pages: a password that can be shown, a button that prints, and one
// post for one press. Without it everything still works.

for (const button of document.querySelectorAll(".reveal")) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  const set = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? button.dataset.hide : button.dataset.show;
    button.setAttribute("aria-label", shown ? button.dataset.hideLabel : button.dataset.showLabel);
  };
  button.addEventListener("click", () => {
    set(input.type === "password");
    input.focus();
  });
  // A browser remembers the text of plain inputs: hide the password before it leaves.
  input.form.addEventListener("submit", () => set(false));
  button.hidden = false;
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
  button.hidden = false;
}

for (const form of document.forms) {
  let sent = false;
  const reset = () => { sent = false; };
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
    // Whoever stopped the page from loading may press again.
    setTimeout(reset, 3000);
  });
  // Coming back by the back button finds the page as it was left.
  addEventListener("pageshow", reset);
}
