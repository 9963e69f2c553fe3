// Forms that are answered by a passkey: the browser asks for it, and the form takes the answer along.

const bytes = text => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), c => c.charCodeAt(0));
const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const ids = list => list?.map(c => ({ ...c, id: bytes(c.id) }));

// They are bound to a name: at an IP address no browser makes or uses one.
if (window.PublicKeyCredential && !/^[\d.]+$|:/.test(location.hostname)) for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = false;
  form.addEventListener("submit", async e => {
    e.preventDefault();
    const says = form.querySelector("[role=status]");
    says.textContent = "";
    try {
      const answer = await answered(form);
      if (!answer) return;
      form.elements.credential.value = JSON.stringify(answer);
      form.submit();
    } catch (fault) {
      says.textContent = fault.name === "InvalidStateError" ? "This device has a passkey for this account already."
        : fault.name === "NotAllowedError" ? "Nothing was confirmed. Try again, or go another way."
        : fault.message;
    }
  });
}

async function answered(form) {
  const body = new URLSearchParams([["form", form.elements.form.value]]);
  const response = await fetch(form.dataset.options, { method: "POST", body, headers: { "X-Fragment": "1" } });
  if (!response.headers.get("Content-Type")?.includes("json")) throw new Error(`Not possible just now (${response.status}).`);
  const options = await response.json();
  if (!options.challenge) {
    if (options.go) return void location.assign(options.go);
    throw new Error(options.fault || options.detail || "Not possible just now.");
  }
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: ids(options.allowCredentials), excludeCredentials: ids(options.excludeCredentials) };
  if (options.user) publicKey.user = { ...options.user, id: bytes(options.user.id) };
  const made = form.dataset.passkey === "create" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
  const its = made.response;
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    clientExtensionResults: made.getClientExtensionResults(),
    authenticatorAttachment: made.authenticatorAttachment,
    response: form.dataset.passkey === "create"
      ? { clientDataJSON: text(its.clientDataJSON), attestationObject: text(its.attestationObject), transports: its.getTransports?.() ?? [] }
      : { clientDataJSON: text(its.clientDataJSON), authenticatorData: text(its.authenticatorData), signature: text(its.signature), userHandle: its.userHandle ? text(its.userHandle) : null },
  };
}
