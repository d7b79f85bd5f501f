// Start the NHS.UK components. Its address carries a hash, so the page gives it in data-nhsuk.
const here = document.querySelector("script[data-nhsuk]");
document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) document.body.classList.add("nhsuk-frontend-supported");
const { initAll } = await import(here.dataset.nhsuk);
initAll();
document.addEventListener("htmx:afterSwap", (event) => initAll(event.detail.elt));
