// Starts the documentation: the contract of this very service, and nothing from elsewhere.
window.addEventListener("DOMContentLoaded", () => {
  window.SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#documentation",
    deepLinking: true,
    displayRequestDuration: true,
    filter: true,
    persistAuthorization: false,
    tryItOutEnabled: true,
    docExpansion: "list",
    validatorUrl: null,
    presets: [window.SwaggerUIBundle.presets.apis],
  });
});
