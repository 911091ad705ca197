import { byId } from "./dom.js";

/** The recovery message: seen while it is written, announced once when it is whole, and kept over a reload. */
export function createMessage(onWhole) {
  let isWhole = true;

  function begin() {
    isWhole = false;
    byId("message").hidden = false;
    byId("message").setAttribute("aria-busy", "true");
    byId("message-subject").textContent = "A message for you";
    byId("message-body").textContent = "";
    byId("message-note").textContent = "";
  }

  function show({ subject, body, provider }) {
    isWhole = true;
    byId("message").hidden = false;
    byId("message").setAttribute("aria-busy", "false");
    byId("message-subject").textContent = subject;
    byId("message-body").textContent = body;
    byId("message-note").textContent =
      provider === "template"
        ? "Written from a template: no language model is configured."
        : `Written by ${provider}.`;
  }

  return {
    show,
    write(text) {
      if (isWhole) begin();
      byId("message-body").textContent += text;
    },
    finish(message) {
      show(message);
      byId("announcer").textContent = `${message.subject}. ${message.body}`;
      onWhole(message);
    },
    hide() {
      byId("message").hidden = true;
      byId("announcer").textContent = "";
      onWhole(null);
    },
    get isHidden() {
      return byId("message").hidden;
    },
  };
}
