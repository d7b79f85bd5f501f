// Passkeys: make one, or sign with one. Forms marked data-passkey are hidden until it is known that the browser can.
(() => {
  "use strict";
  const forms = [...document.querySelectorAll("form[data-passkey]")];
  if (!forms.length || !window.PublicKeyCredential || !window.isSecureContext) return;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  // What the server asks for, as the browser wants it. A new passkey must be one that can say whose it is.
  const wanted = (asked) => {
    const options = { ...asked, challenge: bytes(asked.challenge) };
    if (asked.user) {
      options.user = { ...asked.user, id: bytes(asked.user.id) };
      options.excludeCredentials = known(asked.excludeCredentials);
      options.authenticatorSelection = {
        ...asked.authenticatorSelection,
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      };
    } else {
      options.allowCredentials = known(asked.allowCredentials);
    }
    return options;
  };

  // What the browser made, as the server reads it.
  const told = (made) => {
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (made.response[part]) response[part] = text(made.response[part]);
    return {
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      response,
      clientExtensionResults: made.getClientExtensionResults(),
    };
  };

  const asked = async (form) => {
    if (!form.dataset.passkeyFrom) return JSON.parse(document.getElementById("passkey-options").textContent);
    const answer = await fetch(form.dataset.passkeyFrom, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()).request_options;
  };

  const words = {
    InvalidStateError: "This device holds a passkey of yours already.",
    NotAllowedError: "No passkey was used. Try again, or use another way below.",
  };

  forms.forEach((form) => {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      const fault = form.querySelector("[data-passkey-fault]");
      fault.textContent = "";
      try {
        const publicKey = wanted((await asked(form)).publicKey);
        const made = await navigator.credentials[form.dataset.passkey]({ publicKey });
        form.elements.credential.value = JSON.stringify(told(made));
        form.submit();
      } catch (problem) {
        fault.textContent = words[problem.name] ?? "The passkey could not be used here. Use another way.";
      }
    });
  });
  document.querySelectorAll("[data-passkey-none]").forEach((one) => (one.hidden = true));
})();
